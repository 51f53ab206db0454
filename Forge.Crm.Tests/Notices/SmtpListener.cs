using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Forge.Crm.Tests.Notices;

/// <summary>A mail server of a few commands, whose answers a test may replace. It keeps what it took, and what was said to it.</summary>
internal sealed class SmtpListener : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private readonly X509Certificate2? _certificate;

    /// <param name="certificate">With it STARTTLS and AUTH are offered.</param>
    public SmtpListener(X509Certificate2? certificate = null)
    {
        _certificate = certificate;
        _listener.Start();
        _run = RunAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public int Connections { get; private set; }

    /// <summary>Every line but those of messages; behind STARTTLS with a mark.</summary>
    public List<string> Heard { get; } = [];

    public List<string> Messages { get; } = [];

    /// <summary>A command's line (or <c>"."</c> for a message's end) to its answer; null for the usual one, empty to break off, <c>"hang"</c> to say nothing.</summary>
    public Func<string, string?> Answer { get; set; } = _ => null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _run.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
            Connections++;
            try
            {
                await ServeAsync(client.GetStream());
            }
            catch (IOException)
            {
                // broken off by the other side
            }
        }
    }

    private async Task ServeAsync(Stream stream)
    {
        var isSecret = false;
        await SayAsync(stream, "220 test");
        while (await ReadLineAsync(stream) is { } line)
        {
            Heard.Add(isSecret ? $"tls {line}" : line);
            if (!await ReplyAsync(stream, line, isSecret))
                return;
            if (line == "STARTTLS" && _certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(_certificate);
                (stream, isSecret) = (tls, true);
            }
        }
    }

    private async Task<bool> ReplyAsync(Stream stream, string line, bool isSecret)
    {
        var answer = Answer(line) ?? line.Split(' ')[0] switch
        {
            "EHLO" => _certificate is null ? "250-test\r\n250 8BITMIME" : isSecret ? "250-test\r\n250 AUTH PLAIN" : "250-test\r\n250 STARTTLS",
            "STARTTLS" => "220 go on",
            "AUTH" => "235 welcome",
            "DATA" => "354 go on",
            "QUIT" => "221 bye",
            _ => "250 ok",
        };
        if (answer == "hang")
            await Task.Delay(Timeout.InfiniteTimeSpan, _stop.Token);
        if (answer.Length == 0)
            return false;
        await SayAsync(stream, answer);
        return !answer.StartsWith("354", StringComparison.Ordinal) || await TakeAsync(stream);
    }

    private async Task<bool> TakeAsync(Stream stream)
    {
        var message = new StringBuilder();
        while (await ReadLineAsync(stream) is { } line && line != ".")
            message.Append(line).Append("\r\n");
        if ((Answer(".") ?? "250 taken") is not { Length: > 0 } answer)
        {
            Messages.Add(message.ToString()); // taken, and nobody heard so
            return false;
        }

        if (answer.StartsWith('2'))
            Messages.Add(message.ToString());
        await SayAsync(stream, answer);
        return !answer.StartsWith("421", StringComparison.Ordinal);
    }

    private async Task SayAsync(Stream stream, string line) => await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line}\r\n"), _stop.Token);

    private async Task<string?> ReadLineAsync(Stream stream)
    {
        var line = new List<byte>();
        var one = new byte[1];
        while (await stream.ReadAsync(one, _stop.Token) > 0)
        {
            if (one[0] == '\n')
                return Encoding.UTF8.GetString([.. line]).TrimEnd('\r');
            line.Add(one[0]);
        }

        return null;
    }
}
