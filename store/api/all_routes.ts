import { aliasRoutes } from './alias_routes.ts'
import { analyzeRoutes } from './analyze_routes.ts'
import { catRoutes } from './cat_routes.ts'
import { documentRoutes } from './document_routes.ts'
import { indexRoutes } from './index_routes.ts'
import { probeRoutes } from './probe_routes.ts'
import { refusedRoutes } from './refused_routes.ts'
import type { Route } from './route.ts'
import { searchRoutes } from './search_routes.ts'
import { templateRoutes } from './template_routes.ts'

/** Every route of the Elasticsearch API; docs/ELASTICSEARCH_API.md is held to it by a test. */
export const allRoutes: readonly Route[] = [
  ...probeRoutes,
  ...documentRoutes,
  ...searchRoutes,
  ...analyzeRoutes,
  ...indexRoutes,
  ...aliasRoutes,
  ...templateRoutes,
  ...catRoutes,
  ...refusedRoutes,
]
