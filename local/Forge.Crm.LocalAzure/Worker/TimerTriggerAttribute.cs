using Microsoft.Azure.Functions.Worker.Extensions.Abstractions;

namespace Microsoft.Azure.Functions.Worker;

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.TimerTriggerAttribute</c>.</summary>
public sealed class TimerTriggerAttribute : TriggerBindingAttribute
{
    public TimerTriggerAttribute(string schedule)
    {
        Schedule = schedule;
        UseMonitor = true;
    }

    /// <summary>Six-field NCRONTAB, a <see cref="TimeSpan"/>, or the <c>%Setting%</c> that holds one.</summary>
    public string Schedule { get; private set; }

    /// <summary>Without meaning here: the local host does not remember a timer's last run over a restart.</summary>
    public bool UseMonitor { get; set; }

    public bool RunOnStartup { get; set; }
}
