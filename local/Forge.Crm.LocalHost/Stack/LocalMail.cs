using Forge.Crm.Adapters.Notices;
using Microsoft.Extensions.Configuration;

namespace Forge.Crm.LocalHost.Stack;

/// <summary>Mail on this machine: files in a folder beside the secrets, and a line on the console for each. A mail server that is configured has it instead.</summary>
internal sealed class LocalMail : IProgress<WrittenMail>
{
    public static Dictionary<string, string?> Settings(IConfiguration configuration, string secretsFile)
    {
        var settings = new Dictionary<string, string?> { ["Notices:AllowLoopback"] = "true" };
        if (configuration["Notices:Smtp:Host"] is not { Length: > 0 })
        {
            settings["Notices:Folder"] = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(secretsFile))!, "mail");
            settings["Notices:From"] = "Forge CRM Sync <forge-crm@localhost>";
        }

        return settings;
    }

    // Not wrapped, so that the file's name can be copied. What a name holds cannot move the cursor: controls are out of subjects and addresses.
    public void Report(WrittenMail value) => Console.Out.WriteLine($"  mail to {value.To}: {value.Subject} ({value.File})");
}
