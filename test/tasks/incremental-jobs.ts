/** An incremental job: full files compared by the preparation, or the changes of the source. */
export const incrementalJob = (id: string, type: "None" | "Changes", exported: string): string => `
  <Job Identifier="${id}" DisplayName_L1="${id}" Agent="Local" IsIncremental="true">
    <ExportTask Identifier="${id}_Export" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connection="HR_People" ${exported} Level="0" />
    <PrepareSynchronizationTask Identifier="${id}_Prepare" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connector="HR" SynchronizationMode="Incremental"
      Type="${type}" Level="1"><TaskDependsOnTask ParentTask="${id}_Export" /></PrepareSynchronizationTask>
    <SynchronizeTask Identifier="${id}_Load" DisplayName_L1="x" Connector="HR" Type="${type}" DoNotDeleteChanges="true" Level="2">
      <TaskDependsOnTask ParentTask="${id}_Prepare" /></SynchronizeTask>
    <SetRecentlyModifiedFlagTask Identifier="${id}_Flag" DisplayName_L1="x" Level="3"><TaskDependsOnTask ParentTask="${id}_Load" /></SetRecentlyModifiedFlagTask>
  </Job>`;
