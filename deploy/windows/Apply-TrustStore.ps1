<#
.SYNOPSIS
Makes the trust stores of this machine hold what a manifest says.

.DESCRIPTION
Runs `truststore apply`, writes what it did to the event log, and ends with its exit code: 0 done or unchanged,
2 could not do it. With -Register it is run every day by the task scheduler, as SYSTEM.
For Windows PowerShell 5.1 and PowerShell 7.

.EXAMPLE
.\Apply-TrustStore.ps1 -Manifest C:\ProgramData\truststore\trust.toml

.EXAMPLE
.\Apply-TrustStore.ps1 -Register -At 03:00 -SpreadMinutes 120
#>
[CmdletBinding()]
param(
    [string] $Manifest = 'C:\ProgramData\truststore\trust.toml',
    [string] $Command = 'C:\Program Files\truststore\truststore.exe',
    # Shows what would change, and changes nothing.
    [switch] $DryRun,
    [switch] $Register,
    [string] $At = '03:00',
    # The machines of a fleet begin within so many minutes after -At, each at its own random time.
    [int] $SpreadMinutes = 60
)

Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$name = 'truststore apply'

if ($Register) {
    $self = $MyInvocation.MyCommand.Path
    $arguments = "-NoProfile -ExecutionPolicy RemoteSigned -File `"$self`" -Manifest `"$Manifest`" -Command `"$Command`""
    $action = New-ScheduledTaskAction -Execute 'powershell.exe' -Argument $arguments
    $trigger = New-ScheduledTaskTrigger -Daily -At $At -RandomDelay (New-TimeSpan -Minutes $SpreadMinutes)
    $settings = New-ScheduledTaskSettingsSet -StartWhenAvailable -MultipleInstances IgnoreNew
    Register-ScheduledTask -TaskName $name -Action $action -Trigger $trigger -Settings $settings -User 'SYSTEM' -Force |
        Out-Null
    Write-Output "registered: $name, every day at $At"
    exit 0
}

$arguments = "apply `"$Manifest`" --backup --no-input --format json"
if ($DryRun) { $arguments += ' --dry-run' }

# Through files, which hold the command's own UTF-8: what goes through a pipe of Windows PowerShell is decoded by
# the console's code page, and every line of stderr becomes an error record.
$out = [System.IO.Path]::GetTempFileName()
$err = [System.IO.Path]::GetTempFileName()
try {
    $process = Start-Process -FilePath $Command -ArgumentList $arguments -NoNewWindow -Wait -PassThru `
        -RedirectStandardOutput $out -RedirectStandardError $err
    $code = $process.ExitCode
    $answer = Get-Content -Raw -Encoding UTF8 -Path $out
    $said = Get-Content -Raw -Encoding UTF8 -Path $err
} finally {
    Remove-Item -Path $out, $err
}

$kind = 'Information'
if ($code -ne 0) {
    $kind = 'Error'
    $message = "$name $Manifest ended with code ${code}:`n$said"
} elseif (($answer | ConvertFrom-Json).changed) {
    $message = "$name $Manifest changed:`n$answer"
} else {
    $message = "$name ${Manifest}: unchanged"
}

# eventcreate makes its source by itself and is there on every Windows; a message may have 30,000 characters.
if ($message.Length -gt 30000) { $message = $message.Substring(0, 30000) }
if (-not $DryRun) {
    & eventcreate.exe /L APPLICATION /SO truststore /T $kind /ID 1 /D ($message -replace '"', "'") | Out-Null
}
Write-Output $message
exit $code
