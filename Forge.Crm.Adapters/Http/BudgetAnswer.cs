namespace Forge.Crm.Adapters.Http;

/// <summary>What a budget says to a call.</summary>
/// <param name="IsGranted">It is paid for, and may go when the wait is over; otherwise it may ask again then.</param>
/// <param name="IsDay">What it lacks is a day's: there is nothing more for its lane before the next.</param>
internal readonly record struct BudgetAnswer(bool IsGranted, TimeSpan Wait, bool IsDay = false);
