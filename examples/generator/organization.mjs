/** The organization: one company, seven divisions, their departments and teams. `parent` is a code; `leads` is what its head is called. */

/** Sites with the letters that codes and directory folders use, and the cultures most of their people come from. */
export const sites = [
  { code: "OSL", name: "Oslo", folder: "Oslo", weight: 20, home: "norwegian" },
  { code: "HAM", name: "Hamburg", folder: "Hamburg", weight: 13, home: "german" },
  { code: "PAR", name: "Orléans", folder: "Orleans", weight: 10, home: "french" },
  { code: "DUB", name: "Dún Laoghaire", folder: "Dublin", weight: 9, home: "irish" },
  { code: "LOD", name: "Łódź", folder: "Lodz", weight: 9, home: "polish" },
  { code: "MAD", name: "A Coruña", folder: "Coruna", weight: 7, home: "spanish" },
  { code: "SAO", name: "São Paulo", folder: "Sao Paulo", weight: 7, home: "portuguese" },
  { code: "IST", name: "İstanbul", folder: "Istanbul", weight: 4, home: "turkish" },
  { code: "HAN", name: "Hà Nội", folder: "Hanoi", weight: 4, home: "vietnamese" },
  { code: "ATH", name: "Αθήνα", folder: "Athens", weight: 4, home: "greek" },
  { code: "KYI", name: "Київ", folder: "Kyiv", weight: 4, home: "cyrillic" },
  { code: "TYO", name: "東京", folder: "Tokyo", weight: 4, home: "japanese" },
  { code: "CAI", name: "القاهرة", folder: "Cairo", weight: 2, home: "arabic" },
  { code: "MUM", name: "मुंबई", folder: "Mumbai", weight: 3, home: "indian" },
];

/** Divisions with their departments, and the share of people that works there. */
const divisions = [
  [
    "Research & Development",
    22,
    [
      "Optics",
      "Embedded Software",
      "Cloud Services",
      "Mechanics",
      "Test Laboratory",
      "Architecture, Standards & Patents",
      "User Experience",
    ],
  ],
  [
    "Production",
    26,
    ["Assembly Łódź", "Assembly São Paulo", "Quality", "Maintenance", "Logistics", "Purchasing", "Work Safety", "Calibration"],
  ],
  ["Sales", 16, ["Northern Europe", "Southern Europe", "Japan 日本", "South America", "Middle East", "Sales Operations", "Key Accounts"]],
  ["Customer Service", 14, ["Service Desk", "Field Service", "Spare Parts", "Training", "Repair Centre", "Documentation"]],
  ["Finance", 8, ["Accounting", "Controlling", "Treasury", "Tax", "Internal Audit"]],
  ["People & Culture", 6, ["Recruiting", "Payroll", "Learning", "Employee Relations", "Travel"]],
  ["IT & Facilities", 8, ["Workplace IT", "Networks", "Identity & Access", "Data Centre", "Facilities", "Information Security", "ERP"]],
];

/** Departments that have teams below them. */
const teams = {
  "Embedded Software": ["Firmware", "Drivers"],
  Logistics: ["Inbound", "Outbound"],
  "Field Service": ["Field Service Europe", "Field Service World"],
};

/** The units on day 1, parents before children: `{ code, name, parent, description, weight, level }`. */
export const firstUnits = () => {
  const units = [];
  const add = (code, name, parent, weight, level, description = "") => {
    units.push({ code, name, parent, description, weight, level });
    return code;
  };
  const company = add("U000", "Halden Instruments", "", 0.3, 0, "The whole company.\nHead office: Oslo; founded 1931.");
  divisions.forEach(([division, share, departments], index) => {
    const head = add(`U${index + 1}00`, division, company, 0.4, 1);
    departments.forEach((department, position) => {
      const code = add(`U${index + 1}${String(position + 1)}0`, department, head, share / departments.length, 2);
      (teams[department] ?? []).forEach((team, number) => {
        add(`U${index + 1}${position + 1}${number + 1}`, team, code, share / departments.length / 2, 3);
      });
    });
  });
  const described = (code, text) => {
    const unit = units.find((other) => other.code === code);
    unit.description = text;
  };
  described("U160", 'Called "the library" in the house');
  described("U330", "Tokyo, Ōsaka; since 1998");
  described("U540", "VAT, duties, transfer prices");
  return units;
};

/** What the head of a unit is called, by the unit's level. */
const headTitles = ["Chief Executive Officer", "Division Director", "Head of Department", "Team Lead"];
export const headTitle = (unit) => headTitles[unit.level];

/** Titles of everybody else, by the digit of the division. */
const titles = {
  0: ["Executive Assistant", "Company Secretary"],
  1: ["Software Engineer", "Senior Software Engineer", "Optical Engineer", "Test Engineer", "Technician", "Design Engineer"],
  2: ["Assembler", "Machine Operator", "Quality Inspector", "Planner", "Warehouse Clerk", "Shift Supervisor", "Buyer"],
  3: ["Account Manager", "Sales Representative", "Area Manager", "Sales Assistant", "Pricing Analyst"],
  4: ["Service Technician", "Support Agent", "Trainer", "Technical Writer", "Dispatcher"],
  5: ["Accountant", "Controller", "Auditor", "Treasury Analyst", "Clerk"],
  6: ["Recruiter", "Payroll Specialist", "People Partner", "Travel Planner"],
  7: ["System Engineer", "Network Engineer", "Identity Engineer", "Support Engineer", "Caretaker", "Security Analyst"],
};
export const titlesOf = (unit) => titles[unit.code[1]];
