declare module 'proxy-addr' {
  import type { IncomingMessage } from 'node:http'
  type Trust = (address: string, hops: number) => boolean
  function proxyaddr(request: IncomingMessage, trust: Trust): string
  namespace proxyaddr {
    function compile(networks: readonly string[]): Trust
  }
  export = proxyaddr
}
