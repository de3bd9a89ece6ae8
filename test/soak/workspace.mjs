import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A connector whose thresholds stop nothing: data grows here, a gate is not what is measured. */
const limits = [
  ...["Inserted", "Updated", "Deleted", "LinkInserted", "LinkDeleted"].map((what) => `Maximum${what}Lines="0"`),
  ...["", "Link"].flatMap((of) =>
    ["Inserted", "Updated", "Deleted"]
      .filter((what) => of === "" || what !== "Updated")
      .map((what) => `Max${of}Percentage${what}Lines="0"`),
  ),
].join(" ");

const job = (
  name,
  mode,
) => `<Job Identifier="${name}" DisplayName_L1="${name}" Agent="Local" IsIncremental="${mode === "Incremental"}" CronTabExpression="0 * * * *">
    <ExportTask Identifier="${name}_Export" DisplayName_L1="Export" Agent="Local" OpenIdClient="Job" Connection="PeopleCsv" IgnoreCookieFile="true" Level="0"/>
    <ExportTask Identifier="${name}_ExportMembers" DisplayName_L1="Export" Agent="Local" OpenIdClient="Job" Connection="MembersCsv" IgnoreCookieFile="true" Level="0"/>
    <PrepareSynchronizationTask Identifier="${name}_Prepare" DisplayName_L1="Prepare" Agent="Local" OpenIdClient="Job" Connector="Soak" SynchronizationMode="${mode}" Level="1"/>
    <SynchronizeTask Identifier="${name}_Load" DisplayName_L1="Load" Connector="Soak" Level="2"/>
  </Job>`;

const model = `<?xml version="1.0" encoding="UTF-8"?>
<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local"/>
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" Profile="Runner" HashedSecret="x"/>
  <Profile Identifier="Runner" DisplayName_L1="Runner"/>
  <Connector Identifier="Soak" DisplayName_L1="Soak" Agent="Local" ${limits}/>
  <Connection Identifier="PeopleCsv" Connector="Soak" DisplayName_L1="People" Package="CSV"/>
  <Connection Identifier="MembersCsv" Connector="Soak" DisplayName_L1="Members" Package="CSV"/>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="PersonId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5"/>
    <Property Identifier="Team" DisplayName_L1="Team" TargetColumnIndex="6"/>
    <Property Identifier="Mentors" DisplayName_L1="Mentors" Type="ForeignKey"/>
    <Property Identifier="Mentees" DisplayName_L1="Mentees" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="Person_Mentors" DisplayName_L1="Mentors" Property1="Person:Mentors" IsProperty1Collection="true" Property2="Person:Mentees" IsProperty2Collection="true"/>
  <EntityTypeMapping Identifier="Person" Connector="Soak" ConnectionTable="PeopleCsv">
    <Property Identifier="PersonId" ConnectionColumn="id" IsPrimaryKey="true"/>
    <Property Identifier="Name" ConnectionColumn="name"/>
    <Property Identifier="Team" ConnectionColumn="team"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="Person_Mentors" Connector="Soak" ConnectionTable="MembersCsv" Column1="person" EntityPropertyMapping1="Person:PersonId" Column2="mentor" EntityPropertyMapping2="Person:PersonId"/>
  ${job("Complete", "Complete")}
  ${job("Incremental", "Incremental")}
</ConfigurationFile>
`;

/** Writes the configuration of a workspace whose jobs `Complete` and `Incremental` read the files that `writeRound` writes. */
export const writeWorkspace = (workspace) => {
  mkdirSync(join(workspace, "Sources"), { recursive: true });
  writeFileSync(join(workspace, "soak.xml"), model);
  writeFileSync(
    join(workspace, "appsettings.json"),
    JSON.stringify({
      Connections: { PeopleCsv: { Path: "Sources/people.csv" }, MembersCsv: { Path: "Sources/members.csv" } },
      // Small, so that files are rolled and removed all the time.
      Service: { Log: { MaxSize: 1, Files: 3, Level: "Debug" } },
      Retention: { Instances: 1, Sessions: 1, Logs: 1, Mails: 1 },
    }),
  );
};

const write = async (path, lines) => {
  const file = createWriteStream(path);
  for (const line of lines) if (!file.write(`${line}\n`)) await once(file, "drain");
  file.end();
  await once(file, "finish");
};

/** Writes the sources of one round: one person in fifty has another team, one in two hundred is missing for a round. */
export const writeRound = async (workspace, round, people) => {
  const isHere = (person) => (person + round) % 200 !== 0;
  const persons = function* () {
    yield "id,name,team";
    for (let person = 0; person < people; person++)
      if (isHere(person)) yield `P${person},Person ${person},${Math.floor((person + round) / 50)}`;
  };
  const mentors = function* () {
    yield "person,mentor";
    for (let person = 1; person < people; person++)
      if (isHere(person) && person % 3 === 0) yield `P${person},P${Math.floor(person / 2) + (person % 20 === round % 20 ? 1 : 0)}`;
  };
  await write(join(workspace, "Sources", "people.csv"), persons());
  await write(join(workspace, "Sources", "members.csv"), mentors());
};
