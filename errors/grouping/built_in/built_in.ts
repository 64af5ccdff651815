export const builtInStackTraceRules = ''
export const builtInFingerprintRules = ''
