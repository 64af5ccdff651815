/**
 * Builds the app in ./app with a bundler and Sentry's plugin, which uploads. Runs in a folder that has the bundlers in
 * its node_modules: `node build.mjs BUNDLER OUT OPTIONS`.
 */
import { join } from 'node:path'
import process from 'node:process'

const [bundler, outdir, text] = process.argv.slice(2)
const options = { telemetry: false, debug: true, ...JSON.parse(text) }
const input = join(import.meta.dirname, 'app', 'main.js')
const file = 'app.js'

const builds = {
  async esbuild() {
    const esbuild = await import('esbuild')
    const { sentryEsbuildPlugin } = await import('@sentry/esbuild-plugin')
    await esbuild.build({
      entryPoints: { app: input },
      bundle: true,
      minify: true,
      sourcemap: true,
      outdir,
      plugins: [sentryEsbuildPlugin(options)],
    })
  },
  async rollup() {
    const { rollup } = await import('rollup')
    const { sentryRollupPlugin } = await import('@sentry/rollup-plugin')
    const { transform } = await import('esbuild')
    const minify = {
      name: 'minify',
      renderChunk: (code) => transform(code, { minify: true, sourcemap: true }),
    }
    const bundle = await rollup({ input, plugins: [minify, sentryRollupPlugin(options)] })
    await bundle.write({ file: join(outdir, file), format: 'iife', sourcemap: true })
  },
  async webpack() {
    const { default: webpack } = await import('webpack')
    const { sentryWebpackPlugin } = await import('@sentry/webpack-plugin')
    const compiler = webpack({
      mode: 'production',
      context: import.meta.dirname,
      entry: input,
      devtool: 'source-map',
      output: { path: outdir, filename: file },
      plugins: [sentryWebpackPlugin(options)],
    })
    await new Promise((resolve, reject) => {
      compiler.run((failure, stats) => {
        if (failure || stats.hasErrors()) reject(failure ?? new Error(stats.toString()))
        else compiler.close(() => resolve())
      })
    })
  },
  async vite() {
    const { build } = await import('vite')
    const { sentryVitePlugin } = await import('@sentry/vite-plugin')
    await build({
      root: import.meta.dirname,
      configFile: false,
      logLevel: 'warn',
      build: {
        outDir: outdir,
        emptyOutDir: true,
        sourcemap: true,
        modulePreload: false,
        rollupOptions: { input, output: { entryFileNames: file } },
      },
      plugins: [sentryVitePlugin(options)],
    })
  },
}

await builds[bundler]()
