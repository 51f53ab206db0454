using Forge.Crm.LocalHost;
using Forge.Crm.LocalHost.Demo;
using Forge.Crm.LocalHost.Live;
using Forge.Crm.LocalHost.PostgreSql;
using Microsoft.Extensions.Configuration;
using Spectre.Console;

if (Arguments.Parse(args) is not { } arguments)
    return Arguments.Refuse(args);
if (arguments.Verb is { } verb)
    return await Commands.All[verb](arguments.Rest, Console.Out, CancellationToken.None);

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true; // stop in order instead: functions, simulator, then the database
    stop.Cancel();
};

var configuration = new ConfigurationBuilder().AddEnvironmentVariables().Build();
try
{
    return configuration[LiveSettings.TokenKey] is { Length: > 0 }
        ? await LiveSync.RunAsync(LiveSettings.From(configuration), arguments, stop.Token)
        : await Demonstration.RunAsync(configuration, arguments, stop.Token);
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    AnsiConsole.MarkupLine("[grey]Stopped.[/]");
    return arguments.Exit ? 1 : 0;
}
catch (LocalPostgresException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
catch (LocalHostException e)
{
    await Console.Error.WriteLineAsync(e.Message);
    return 1;
}
