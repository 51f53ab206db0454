namespace Microsoft.Azure.Functions.Worker;

/// <summary>Mirrors <c>Microsoft.Azure.Functions.Worker.AuthorizationLevel</c>. The local host asks the same key for all but the first.</summary>
public enum AuthorizationLevel
{
    Anonymous = 0,
    User = 1,
    Function = 2,
    System = 3,
    Admin = 4,
}
