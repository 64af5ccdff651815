/** Python: what runs modules, and what wraps functions to watch them. */
export const pythonRules = `
stack.abs_path:"<frozen *" -app
stack.abs_path:"<frozen importlib*" -group
stack.abs_path:"<frozen runpy*" -group
stack.module:importlib._bootstrap* -app -group
stack.module:runpy -app -group
stack.abs_path:**/sentry_sdk/** -app -group
stack.abs_path:**/raven/utils/** -app -group
stack.abs_path:**/raven/contrib/** -app -group
stack.abs_path:**/ddtrace/** -app -group
stack.abs_path:**/newrelic/** -app -group
stack.abs_path:**/opentelemetry/instrumentation/** -app -group
# Whether a generator or a pool runs a task says nothing of it
stack.abs_path:**/asyncio/runners.py -group
stack.abs_path:**/asyncio/base_events.py -group
stack.abs_path:**/asyncio/events.py -group
stack.abs_path:**/python?.*/threading.py -group
stack.abs_path:**/python?.*/concurrent/futures/** -group
`

/** PHP: packages, compiled templates, and the SDKs. */
export const phpRules = `
stack.abs_path:**/vendor/** -app
stack.abs_path:**/vendor/composer/ClassLoader.php -group
stack.abs_path:**/vendor/sentry/** -app -group
stack.abs_path:**/storage/framework/views/*.php -group
stack.abs_path:**/var/cache/*/twig/** -group
stack.abs_path:**/var/cache/** -app
stack.abs_path:**/generated/proxies/__CG__*.php -app -group
`

/** Ruby: gems, the standard library, what loads files, and the SDKs. */
export const rubyRules = `
stack.abs_path:**/gems/** -app
stack.abs_path:**/lib/ruby/** -app
stack.abs_path:"<internal:*" -app
stack.abs_path:**/bootsnap*/** -app -group
stack.abs_path:**/zeitwerk*/** -app -group
stack.abs_path:**/rubygems/** -app -group
stack.abs_path:**/polyglot-*/** -app -group
stack.abs_path:**/sentry-ruby*/** -app -group
stack.abs_path:**/sentry-rails*/** -app -group
stack.abs_path:**/sentry-raven*/** -app -group
stack.abs_path:**/spring-*/lib/spring/** -app -group
`
