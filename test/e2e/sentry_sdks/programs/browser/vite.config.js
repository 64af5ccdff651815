import process from 'node:process'
import { sentryVitePlugin } from '@sentry/vite-plugin'

// Vite takes nothing else.
// oxlint-disable-next-line import/no-default-export
export default {
  build: {
    sourcemap: 'hidden',
    rollupOptions: { input: ['index.html', 'raven.html'] },
  },
  plugins: [
    sentryVitePlugin({
      url: process.env.SENTRY_URL,
      org: 'weir',
      project: 'page',
      authToken: 'none-is-needed',
      telemetry: false,
      release: { name: 'shop@1.2.3' },
    }),
  ],
}
