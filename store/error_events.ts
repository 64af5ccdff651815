/** Tag of the journal's batches that hold digested error events. It has a space, so that no event can have it. */
export const errorEventsTag = 'error events'
/** The partition in which they are. The store takes them whatever the collector's outputs are. */
export const errorEventsPartition = 'digest'
/** The partition of reports that are to become these: nothing in it is for the store. */
export const errorReportsPartition = 'errors'
