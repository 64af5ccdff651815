/**
 * Java, Kotlin, Scala, Groovy, Clojure. How reflection calls a method changes while a program runs (at first natively,
 * later by generated classes) and between versions of the JDK, so none of it is part of a group.
 */
export const jvmRules = `
stack.module:java.* -app
stack.module:javax.* -app
stack.module:jdk.* -app
stack.module:sun.* -app
stack.module:com.sun.* -app
stack.module:kotlin.* -app
stack.module:kotlinx.* -app
stack.module:scala.* -app
stack.module:groovy.lang.* -app
stack.module:org.codehaus.groovy.* -app
stack.module:clojure.lang.* -app
stack.module:clojure.core$* -app
stack.module:android.* -app
stack.module:androidx.* -app
stack.module:com.android.* -app
stack.module:dalvik.* -app

stack.module:jdk.internal.reflect.* -group
stack.module:sun.reflect.* -group
stack.module:java.lang.reflect.* -group
stack.module:java.lang.invoke.* -group
stack.module:*$$FastClassBy* -app -group
stack.module:*$$EnhancerBy* -app -group
stack.module:*$$SpringCGLIB$$* -app -group
stack.module:*.$Proxy* -app -group
stack.module:jdk.proxy* -app -group
stack.module:com.sun.proxy.* -app -group
stack.module:*$MockitoMock$* -app -group
stack.module:org.springframework.cglib.* -app -group
stack.module:org.springframework.aop.* -app -group
stack.module:net.bytebuddy.* -app -group
stack.module:kotlin.coroutines.jvm.internal.* -group
stack.module:org.codehaus.groovy.runtime.callsite.* -group
stack.module:org.codehaus.groovy.reflection.* -group
stack.module:com.android.internal.os.* -group

stack.module:io.sentry.* -app -group
stack.module:com.getsentry.raven.* -app -group
`
