/**
 * Node, Deno, Bun and browsers. Browsers' SDKs take all frames for the application's, so what is not has to be said
 * here: the run time, packages, bundlers' glue, extensions of the browser, what compilers put around functions.
 */
export const javaScriptRules = `
# Node itself, and other run times
stack.abs_path:node:** -app
stack.abs_path:internal/** -app
stack.abs_path:ext:** -app
stack.abs_path:bun:** -app
# How promises and timers go on differs between versions of Node
stack.abs_path:node:internal/process/task_queues* -group
stack.abs_path:internal/process/task_queues* -group
stack.abs_path:node:internal/timers* -group
stack.abs_path:internal/timers* -group
stack.abs_path:node:internal/async_hooks* -group
stack.abs_path:node:async_hooks* -group
stack.abs_path:node:diagnostics_channel* -group
stack.abs_path:node:internal/modules/** -group
stack.abs_path:node:internal/main/** -group
stack.abs_path:internal/main/** -group

# Packages
stack.abs_path:**/node_modules/** -app
stack.abs_path:**/bower_components/** -app
stack.abs_path:**/.yarn/** -app
stack.abs_path:**/.pnpm/** -app
stack.abs_path:**/jspm_packages/** -app
stack.abs_path:**/deno.land/** -app
stack.abs_path:npm:** -app

# What bundlers add
stack.abs_path:**/webpack/bootstrap* -app -group
stack.abs_path:**/webpack/runtime/** -app -group
stack.abs_path:**/webpack/universalModuleDefinition -app -group
stack.function:__webpack_require__* -app -group
stack.function:webpackJsonpCallback -app -group
stack.abs_path:**/vite/preload-helper* -app -group
stack.abs_path:**/vite/modulepreload-polyfill* -app -group
stack.abs_path:**/parcel-bundler/** -app -group
stack.abs_path:"**/commonjsHelpers.js" -app -group

# What compilers put around functions
stack.abs_path:**/regenerator-runtime/** -app -group
stack.abs_path:**/@babel/runtime/** -app -group
stack.abs_path:**/@swc/helpers/** -app -group
stack.abs_path:**/tslib/** -app -group
stack.function:asyncGeneratorStep -app -group
stack.function:_asyncToGenerator* -app -group
stack.function:__awaiter -app -group
stack.function:__generator -app -group

# Promises and zones that are written in JavaScript
stack.abs_path:**/core-js/** -app -group
stack.abs_path:**/zone.js/** -app -group
stack.abs_path:**/zone.js -app -group
stack.abs_path:**/zone-*.js -app -group

# Wrappers of error trackers and monitors
stack.function:sentryWrapped -app -group
stack.abs_path:**/@sentry/** -app -group
stack.abs_path:**/@sentry-internal/** -app -group
stack.abs_path:**/raven-js/** -app -group
stack.abs_path:**/@opentelemetry/** -app -group
stack.abs_path:**/dd-trace/** -app -group
stack.abs_path:**/newrelic/lib/** -app -group

# Extensions of the browser, and what drives it
stack.abs_path:chrome-extension:/** -app
stack.abs_path:moz-extension:/** -app
stack.abs_path:safari-extension:/** -app
stack.abs_path:safari-web-extension:/** -app
stack.abs_path:ms-browser-extension:/** -app
stack.abs_path:webkit-masked-url:/** -app
stack.abs_path:chrome:/** -app
stack.abs_path:resource:/** -app
stack.abs_path:puppeteer:** -app
stack.abs_path:__puppeteer_evaluation_script__* -app

# React Native and Hermes
stack.abs_path:**/InternalBytecode.js -app
stack.abs_path:**/react-native/Libraries/** -app
`

/** Errors that come in many forms and mean one thing. */
export const javaScriptFingerprints = `
# A page that was opened before a deployment asks for a chunk that is gone
family:javascript type:ChunkLoadError -> chunk-load-error
family:javascript value:"Loading chunk * failed*" -> chunk-load-error
family:javascript value:"Loading CSS chunk * failed*" -> chunk-load-error
family:javascript value:"Failed to load chunk *" -> chunk-load-error
family:javascript value:"Failed to fetch dynamically imported module*" -> chunk-load-error
family:javascript value:"error loading dynamically imported module*" -> chunk-load-error
family:javascript value:"Importing a module script failed*" -> chunk-load-error
family:javascript value:"Unable to preload CSS for *" -> chunk-load-error

# The server rendered something else than the browser
family:javascript value:"Hydration failed because *" -> hydration-error
family:javascript value:"Hydration completed but contains mismatches*" -> hydration-error
family:javascript value:"There was an error while hydrating*" -> hydration-error
family:javascript value:"Text content does not match server-rendered HTML*" -> hydration-error
family:javascript value:"This Suspense boundary received an update before it finished hydrating*" -> hydration-error
family:javascript value:"Expected server HTML to contain a matching *" -> hydration-error
family:javascript value:"A tree hydrated but some attributes of the server rendered HTML didn't match*" -> hydration-error
family:javascript value:"Minified React error #418*" -> hydration-error
family:javascript value:"Minified React error #421*" -> hydration-error
family:javascript value:"Minified React error #422*" -> hydration-error
family:javascript value:"Minified React error #423*" -> hydration-error
family:javascript value:"Minified React error #425*" -> hydration-error

# Two browsers, two texts
family:javascript value:"ResizeObserver loop limit exceeded*" -> resize-observer-loop
family:javascript value:"ResizeObserver loop completed with undelivered notifications*" -> resize-observer-loop
`
