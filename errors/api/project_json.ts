import type { JsonRecord } from '../../store/search.ts'
import type { WebProject } from './web_request.ts'

export const projectBrief = ({ id, slug, name, platform }: WebProject): JsonRecord => ({
  id: String(id),
  name,
  slug,
  platform: platform ?? null,
})
