import { runChild } from '../../../store/embedded/child.ts'
import { plainAnswerer } from './setup.ts'

/** An engine process that answers as the tests ask. */
runChild(plainAnswerer)
