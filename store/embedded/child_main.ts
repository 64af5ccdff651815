import { runChild } from '/work/main/store/embedded/child.ts'
const no = async () => { throw new Error('stub') }
runChild({ search: no, count: no, validate: no, fieldCaps: no, termsEnum: no, mapping: no } as never)
