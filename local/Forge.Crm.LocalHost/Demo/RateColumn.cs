using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Forge.Crm.LocalHost.Demo;

/// <summary>"3,200 of 10,400 records, 2,150/s".</summary>
internal sealed class RateColumn : ProgressColumn
{
    private const string PerSecond = "per second";

    public static void Show(ProgressTask bar, SyncProgress progress)
    {
        if (progress.Total is > 0 and var total)
            bar.MaxValue = Math.Max(total, progress.Done);
        bar.Value = progress.Done;
        bar.State.Update<double>(PerSecond, _ => progress.PerSecond);
    }

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(
        string.Create(CultureInfo.InvariantCulture, $"{task.Value:N0} of {task.MaxValue:N0} records, {task.State.Get<double>(PerSecond):N0}/s"));
}
