import { systemClock } from '../../core/clock.ts'
import { runChild } from './child.ts'
import { segmentAnswerer } from './segment_answerer.ts'

runChild(segmentAnswerer(systemClock))
