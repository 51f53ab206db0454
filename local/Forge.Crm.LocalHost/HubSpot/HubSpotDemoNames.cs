namespace Forge.Crm.LocalHost.HubSpot;

/// <summary>The words that demonstration records are made of.</summary>
internal static class HubSpotDemoNames
{
    public static readonly string[] First = Words(
        "Anna Ben Clara David Elena Felix Greta Hannes Ida Jonas Katharina Lukas Maria Noah Olivia Paul Quentin Rosa Sofia Theo Ursula Viktor " +
        "Wanda Xaver Yara Zoë Amélie Björn Chloé Diego Émile François Gonçalo Hélène Ingrid João Kateřina Łukasz Márta Núria Oskar Pía " +
        "Renée Søren Tereza Ümit Václav Wojciech Yusuf Željko Aoife Bram Cátia Dmitri Esther Farid Gwen Hiroshi Imani James Kenji Leila");

    public static readonly string[] Last = Words(
        "Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Hoffmann Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann " +
        "Martin Bernard Dubois Laurent Lefèvre Moreau Girard Rossi Russo Ferrari Esposito Bianchi Ricci García Fernández González Rodríguez " +
        "Pérez Sánchez Smith Jones Taylor Brown Wilson Davies Evans O'Connor O'Brien Murphy Kelly Nowak Kowalski Wiśniewski Novák Svoboda " +
        "Jansen Visser Bakker Nielsen Hansen Andersen Johansson Lindqvist Virtanen Silva Santos Costa Tanaka Sato Kim Nguyen Okafor");

    public static readonly string[] CompanyFirst = Words(
        "Alpen Nordic Baltic Rhein Isar Atlas Boreal Cobalt Delta Ember Falcon Granite Harbor Iris Juniper Kestrel Lumen Meridian Nova Orion " +
        "Pioneer Quartz Ridge Summit Tundra Umbra Vertex Willow Zenith Arbor Beacon Cedar Drift Echo Fjord Grove Helix Indigo Krone Linde");

    public static readonly string[] CompanySecond = Words(
        "Works Systems Logistics Foods Energy Labs Analytics Robotics Textiles Pharma Media Partners Consulting Software Hardware Trading " +
        "Engineering Interiors Optics Mobility");

    public static readonly string[] CompanyForm = Words("GmbH AG Ltd Inc SARL BV AB SpA Oy KG");

    public static readonly string[] TopLevel = Words("example.com example.org example.net");

    public static readonly string[] JobTitles =
    [
        "Head of Sales", "CEO", "CTO", "Buyer", "Office Manager", "Product Manager", "Account Executive", "Engineer", "Marketing Lead", "CFO",
        "Operations Manager", "Designer", "Procurement Specialist", "Founder", "Assistant",
    ];

    public static readonly string[] Industries =
        ["COMPUTER_SOFTWARE", "MACHINERY", "FOOD_PRODUCTION", "RETAIL", "CONSTRUCTION", "BANKING", "HOSPITALITY", "CHEMICALS", "DESIGN", "INSURANCE"];

    public static readonly (string City, string Country, string Zip)[] Places =
    [
        ("Berlin", "Germany", "10115"), ("München", "Germany", "80331"), ("Zürich", "Switzerland", "8001"), ("Wien", "Austria", "1010"),
        ("Paris", "France", "75001"), ("Lyon", "France", "69001"), ("London", "United Kingdom", "EC1A 1BB"), ("Dublin", "Ireland", "D02 AF30"),
        ("Madrid", "Spain", "28001"), ("Milano", "Italy", "20121"), ("Kraków", "Poland", "30-001"), ("Malmö", "Sweden", "211 20"),
        ("Austin", "United States", "78701"), ("Boston", "United States", "02108"),
    ];

    /// <summary>How people write numbers down. A hash stands for a digit.</summary>
    public static readonly string[] PhoneFormats =
    [
        "+49 30 9####7", "030/8####21", "+49 (0)89 4#####3", "+44 20 7946 0###", "(512) 555-0###", "+1-617-555-0###", "0033 1 42 68 5# ##",
        "+41442######",
    ];

    public static readonly string[] DealKinds =
        ["Licence renewal", "Pilot", "Rollout", "Support contract", "Expansion", "Migration", "Workshop", "Framework agreement"];

    private static string[] Words(string text) => text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
}
