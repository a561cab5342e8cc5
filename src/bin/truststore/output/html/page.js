"use strict";
// At once, so that the style sheet hides what a long table has too much while the page still comes.
document.documentElement.classList.add("js");
addEventListener("DOMContentLoaded", () => {
  // Rows of a long table that are shown at first, as in the style sheet; the rest comes with a button.
  const FIRST = 250;
  const root = document.documentElement;
  const all = (selector, within = document) => Array.from(within.querySelectorAll(selector));

  // Light or dark: the reader's choice, else the system's.
  const theme = document.getElementById("theme");
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const remembered = (value) => {
    // A browser may forbid a local file to remember anything.
    try {
      if (value) localStorage.setItem("truststore-theme", value);
      return localStorage.getItem("truststore-theme");
    } catch { return null; }
  };
  const paint = (value) => {
    if (value === "dark" || value === "light") root.dataset.theme = value;
    theme.setAttribute("aria-pressed", String(dark()));
  };
  theme.addEventListener("click", () => {
    paint(dark() ? "light" : "dark");
    remembered(root.dataset.theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint());
  paint(remembered());

  const tables = all("table.searched").map((table) => {
    const state = { table, body: table.tBodies[0], words: [], severities: null, differs: false, everything: false };
    state.rows = Array.from(state.body.rows).map((row) => ({ row, text: null }));
    state.more = document.createElement("button");
    state.more.type = "button";
    state.more.className = "more";
    state.more.addEventListener("click", () => {
      state.everything = true;
      show(state);
    });
    table.parentElement.after(state.more);
    return state;
  });

  // What a row is searched for: all its text, and its fingerprint also without colons.
  const text = (entry) => {
    if (entry.text === null) {
      const digits = all(".sha", entry.row).map((sha) => sha.textContent.replaceAll(":", ""));
      entry.text = [entry.row.textContent, ...digits].join(" ").toLowerCase();
    }
    return entry.text;
  };
  const fits = (state, entry) =>
    state.words.every((word) => text(entry).includes(word)) &&
    (!state.severities || state.severities.has(entry.row.className)) &&
    (!state.differs || entry.row.classList.contains("differs"));

  function show(state) {
    let found = 0;
    for (const entry of state.rows) {
      const fit = fits(state, entry);
      found += fit ? 1 : 0;
      entry.row.hidden = !fit || (found > FIRST && !state.everything);
    }
    state.found = found;
    state.table.classList.add("ready");
    state.more.hidden = found <= FIRST || state.everything;
    state.more.textContent = `Show all ${found}`;
  }

  // Search: all words of the field have to be in a row.
  const search = document.getElementById("search");
  const status = document.getElementById("found");
  const find = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const counts = [];
    for (const state of tables) {
      state.words = words;
      show(state);
      const { one, many } = state.table.dataset;
      if (one) counts.push(`${state.found} ${state.found === 1 ? one : many}`);
    }
    status.textContent = words.length ? counts.join(", ") : "";
  };
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(find, 100);
  });

  for (const filter of all("[data-filters]")) {
    const state = tables.find((state) => state.table.id === filter.dataset.filters);
    filter.addEventListener("change", () => {
      state.severities = new Set(all("input:checked", filter).map((box) => box.value));
      find();
    });
  }
  for (const box of all("[data-differs]")) {
    const state = tables.find((state) => state.table.id === box.dataset.differs);
    box.addEventListener("change", () => {
      state.differs = box.checked;
      find();
    });
  }

  // Sorting: a button in each heading; what is equal keeps its order.
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  for (const state of tables.filter((state) => state.table.classList.contains("sortable"))) {
    const headings = Array.from(state.table.tHead.rows[0].cells);
    headings.forEach((heading, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...heading.childNodes);
      heading.append(button);
      button.addEventListener("click", () => {
        const down = heading.getAttribute("aria-sort") === "ascending";
        headings.forEach((other) => other.removeAttribute("aria-sort"));
        heading.setAttribute("aria-sort", down ? "descending" : "ascending");
        const value = ({ row }) => row.cells[column].dataset.value ?? row.cells[column].textContent;
        const compare = heading.dataset.sort === "number" ? (a, b) => a - b : collator.compare;
        const keyed = state.rows.map((entry) => [value(entry), entry]);
        keyed.sort(([a], [b]) => (down ? compare(b, a) : compare(a, b)));
        state.rows = keyed.map(([, entry]) => entry);
        state.body.append(...state.rows.map(({ row }) => row));
        show(state);
      });
    });
  }

  // On a narrow screen the rows are blocks; without roles a screen reader would no longer find a table.
  const narrow = matchMedia("screen and (max-width: 44rem)");
  const roles = () => {
    if (!narrow.matches) return;
    for (const table of all("table.stack")) {
      table.setAttribute("role", "table");
      all("tbody", table).forEach((body) => body.setAttribute("role", "rowgroup"));
      all("tbody tr", table).forEach((row) => row.setAttribute("role", "row"));
      all("tbody th", table).forEach((cell) => cell.setAttribute("role", "rowheader"));
      all("tbody td", table).forEach((cell) => cell.setAttribute("role", "cell"));
    }
  };
  narrow.addEventListener("change", roles);
  roles();

  // Paper has everything that was searched for.
  addEventListener("beforeprint", () => {
    for (const state of tables) show({ ...state, everything: true });
  });
  addEventListener("afterprint", () => tables.forEach(show));

  tables.forEach(show);
});
