import { pino } from 'pino'
import { httpConfig, type HttpConfig } from '../../../core/http/config.ts'
import type { LateRoutes } from '../../../core/http/late_routes.ts'
import type { HttpHandlers, IntakeBody } from '../../../core/http/routes.ts'
import { createHttpServer, type HttpServer } from '../../../core/http/server.ts'
import type { Reason } from '../../../core/reasons.ts'

export interface TestApp {
  readonly http: HttpServer
  readonly config: HttpConfig
  readonly received: IntakeBody[]
  readonly counted: Reason[]
}

/** An HTTP port whose intake notes what it gets; nothing listens before `http.start()`. */
export function createTestApp(
  written: Record<string, unknown> = {},
  handlers: Partial<HttpHandlers> = {},
  late?: LateRoutes,
): TestApp {
  const config = httpConfig.parse({ listen: '127.0.0.1:0', ...written })
  const received: IntakeBody[] = []
  const counted: Reason[] = []
  const http = createHttpServer({
    config,
    listen: config.listen,
    log: pino({ level: 'silent' }),
    count: (reason) => counted.push(reason),
    handlers: {
      receive: async (body) => {
        received.push(body)
        return { status: 200, body: { accepted: 1, errors: [] } }
      },
      paused: () => undefined,
      notReady: () => [],
      status: async () => ({ inputs: [] }),
      metrics: async () => ({ contentType: 'text/plain', text: 'weir_x_total 1\n' }),
      ...handlers,
    },
    late: late ? [late] : [],
  })
  return { http, config, received, counted }
}
