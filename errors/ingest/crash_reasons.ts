type Names = ReadonlyMap<number, string>

/** NTSTATUS values that end programs. */
const windows: Names = new Map([
  [0x80_00_00_03, 'EXCEPTION_BREAKPOINT'],
  [0xc0_00_00_05, 'EXCEPTION_ACCESS_VIOLATION'],
  [0xc0_00_00_06, 'EXCEPTION_IN_PAGE_ERROR'],
  [0xc0_00_00_1d, 'EXCEPTION_ILLEGAL_INSTRUCTION'],
  [0xc0_00_00_8e, 'EXCEPTION_FLT_DIVIDE_BY_ZERO'],
  [0xc0_00_00_94, 'EXCEPTION_INT_DIVIDE_BY_ZERO'],
  [0xc0_00_00_96, 'EXCEPTION_PRIV_INSTRUCTION'],
  [0xc0_00_00_fd, 'EXCEPTION_STACK_OVERFLOW'],
  [0xc0_00_03_74, 'STATUS_HEAP_CORRUPTION'],
  [0xc0_00_04_09, 'STATUS_STACK_BUFFER_OVERRUN'],
  [0xe0_6d_73_63, 'C++ exception'],
])
/** Signals of Linux. */
const signals: Names = new Map([
  [4, 'SIGILL'],
  [5, 'SIGTRAP'],
  [6, 'SIGABRT'],
  [7, 'SIGBUS'],
  [8, 'SIGFPE'],
  [11, 'SIGSEGV'],
  [31, 'SIGSYS'],
  [0xff_ff_ff_ff, 'DUMP_REQUESTED'],
])
/** Mach's exceptions. */
const mach: Names = new Map([
  [1, 'EXC_BAD_ACCESS'],
  [2, 'EXC_BAD_INSTRUCTION'],
  [3, 'EXC_ARITHMETIC'],
  [5, 'EXC_SOFTWARE'],
  [6, 'EXC_BREAKPOINT'],
  [10, 'EXC_CRASH'],
  [11, 'EXC_RESOURCE'],
  [12, 'EXC_GUARD'],
])

const namesOf: ReadonlyMap<number, Names> = new Map([
  [2, windows],
  [0x81_01, mach],
  [0x81_02, mach],
  [0x82_01, signals],
  [0x82_03, signals],
])

/** Why a program ended, by the code of its dump's exception; the code itself where it has no name here. */
export function crashReason(platform: number, code: number): string {
  return namesOf.get(platform)?.get(code) ?? `exception 0x${code.toString(16).padStart(8, '0')}`
}
