/** Tag of the journal's batches that hold documents of `/es`. It has a space, so that no event can have it. */
export const documentsTag = 'es documents'
