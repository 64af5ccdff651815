import { z } from 'zod'

/**
 * A config is read once: that zod makes code of each object's schema takes 20 ms more than it saves. Imported before
 * the schemas, since each takes it from here when it is made.
 */
z.config({ jitless: true })
