/** Attachments and feedback that came before their event: it looks for them, and those of kept events are its issue's. */
export const earlyItems = `
create index attachments_without_issue on attachments (event_id, project) where issue is null;
create index feedback_without_issue on feedback (event_id, project) where issue is null and event_id is not null;
update attachments set issue = (
  select e.issue from events e where e.event_id = attachments.event_id and e.project = attachments.project
) where issue is null;
update feedback set issue = (
  select e.issue from events e where e.event_id = feedback.event_id and e.project = feedback.project
) where issue is null and event_id is not null;
`
