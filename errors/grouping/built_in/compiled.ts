/** Go: the run time, modules from elsewhere, how a panic is recovered. */
export const goRules = `
stack.module:runtime -app
stack.module:runtime/* -app
stack.module:runtime stack.function:gopanic -group
stack.module:runtime stack.function:goPanic* -group
stack.module:runtime stack.function:panic* -group
stack.module:runtime stack.function:sigpanic -group
stack.module:runtime stack.function:goexit* -group
stack.module:runtime stack.function:main -group
stack.module:testing -app
stack.module:net/http -app
stack.module:reflect -app
stack.module:reflect -group
stack.abs_path:**/go/pkg/mod/** -app
stack.abs_path:**/pkg/mod/golang.org/toolchain*/** -app
stack.module:github.com/getsentry/sentry-go* -app -group
stack.module:github.com/getsentry/raven-go* -app -group
`

/** .NET: the framework, and what await and reflection put between two methods. */
export const dotnetRules = `
stack.module:System.* -app
stack.module:System -app
stack.module:Microsoft.AspNetCore.* -app
stack.module:Microsoft.Extensions.* -app
stack.module:Microsoft.EntityFrameworkCore.* -app
stack.module:Microsoft.Win32.* -app
stack.module:mscorlib* -app
stack.module:System.Runtime.ExceptionServices.* -group
stack.module:System.Runtime.CompilerServices.* -group
stack.module:System.Threading.ExecutionContext* -group
stack.module:System.Threading.Tasks.* -group
stack.module:System.Threading.ThreadPoolWorkQueue* -group
stack.module:System.Reflection.* -group
stack.module:System.RuntimeMethodHandle* -group
stack.module:System.RuntimeType* -group
stack.module:Sentry.* -app -group
stack.module:Sentry -app -group
stack.module:SharpRaven* -app -group
`

/**
 * C, C++, Objective-C, Swift, Rust: run-time libraries, and what stands between the failure and its report — signal
 * handlers, abort, unwinding — or starts programs and threads.
 */
export const nativeRules = `
stack.package:/lib/** -app
stack.package:/lib64/** -app
stack.package:/usr/lib/** -app
stack.package:/usr/lib64/** -app
stack.package:/System/Library/** -app
stack.package:/Library/Apple/** -app
stack.package:**/CoreSimulator/** -app
stack.package:/apex/** -app
stack.package:/system/** -app
stack.package:/vendor/** -app
stack.package:C:/Windows/** -app
stack.package:**/ntdll.dll -app
stack.package:**/kernel32.dll -app
stack.package:**/kernelbase.dll -app
stack.package:**/ucrtbase.dll -app
stack.package:**/vcruntime*.dll -app
stack.package:**/msvcp*.dll -app
stack.package:linux-gate.so* -app
stack.package:linux-vdso.so* -app

stack.function:std::* -app
stack.function:core::* -app
stack.function:alloc::* -app
stack.function:__rust_* -app -group
stack.function:rust_begin_unwind -app -group
stack.function:__rustc::* -app -group
stack.function:rust_panic* -app -group
stack.function:core::panicking::* -app -group
stack.function:std::panicking::* -app -group
stack.function:std::panic::* -app -group
stack.function:std::rt::* -app -group
stack.function:std::sys::* -app -group
stack.function:std::sys_common::* -app -group
stack.function:std::thread::* -app -group
stack.function:core::ops::function::* -app -group
stack.function:alloc::boxed::Box::call* -app -group
stack.function:backtrace::* -app -group
stack.function:sentry_backtrace::* -app -group
stack.function:sentry_core::* -app -group
stack.function:sentry_panic::* -app -group
stack.function:sentry::* -app -group

stack.function:abort -app -group
stack.function:raise -app -group
stack.function:gsignal -app -group
stack.function:pthread_kill* -app -group
stack.function:__pthread_kill* -app -group
stack.function:__assert_fail* -app -group
stack.function:__assert_rtn -app -group
stack.function:__restore_rt -app -group
stack.function:_sigtramp -app -group
stack.function:__cxa_throw -app -group
stack.function:__cxa_rethrow -app -group
stack.function:std::terminate* -app -group
stack.function:__cxxabiv1::* -app -group
stack.function:_Unwind_* -app -group
stack.function:objc_exception_throw -app -group
stack.function:__exceptionPreprocess -app -group
stack.function:_CxxThrowException -app -group
stack.function:RaiseException -app -group
stack.function:KiUserExceptionDispatch* -app -group
stack.function:RtlUserThreadStart -app -group
stack.function:BaseThreadInitThunk -app -group
stack.function:__scrt_common_main* -app -group
stack.function:__libc_start_main* -app -group
stack.function:__libc_start_call_main -app -group
stack.function:_start -app -group
stack.function:start_thread -app -group
stack.function:__clone* -app -group
stack.function:clone? -app -group
stack.function:_pthread_start -app -group
stack.function:thread_start -app -group
stack.function:sentry_* -app -group
`
