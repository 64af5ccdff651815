import type { JsonRecord } from '../../store/search.ts'
import { organisation } from '../projects/project.ts'

/** What everybody may who may ask at all; tokens have scopes of Weir's own (http.tokens). */
export const scopes = [
  'event:read',
  'event:write',
  'event:admin',
  'org:read',
  'org:ci',
  'project:read',
  'project:write',
  'project:releases',
  'team:read',
]
export const team = { id: '1', slug: 'weir', name: 'Weir' }

export const organisationJson: JsonRecord = {
  id: '1',
  slug: organisation,
  name: 'Weir',
  status: { id: 'active', name: 'active' },
  dateCreated: '2026-01-01T00:00:00.000Z',
  isEarlyAdopter: false,
  require2FA: false,
  requireEmailVerification: false,
  avatar: { avatarType: 'letter_avatar', avatarUuid: null },
  features: [],
  links: {},
  hasAuthProvider: false,
}
