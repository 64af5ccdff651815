import { z } from 'zod'
import { duration } from '../../core/units.ts'

/** An expression that cannot be read is refused with its reason. */
const pattern = () =>
  z.string().superRefine((text, context) => {
    try {
      new RegExp(text, 'u')
    } catch (failure) {
      context.addIssue({ code: 'custom', message: (failure as Error).message })
    }
  })

/** What is left out by default is what node_exporter leaves out. */
const excluded = {
  filesystemTypes:
    '^(autofs|binfmt_misc|bpf|cgroup2?|configfs|debugfs|devpts|devtmpfs|fusectl|hugetlbfs|iso9660|mqueue|nsfs|overlay|proc|procfs|pstore|rpc_pipefs|securityfs|selinuxfs|squashfs|erofs|sysfs|tracefs|tmpfs|ramfs)$',
  mounts:
    '^/(dev|proc|run|sys|var/lib/docker/.+|var/lib/containers/storage/.+|var/lib/kubelet/.+)($|/)',
  disks: '^(z?ram|loop|fd|sr|(h|s|v|xv)d[a-z]|nvme\\d+n\\d+p)\\d+$',
} as const

/** Metrics of the machine that Weir runs on. */
export const hostFields = {
  host: z
    .strictObject({
      enabled: z.boolean().default(true).describe('Whether the machine is measured'),
      interval: duration()
        .refine((value) => value >= 1000, 'the interval is at least 1s')
        .default(10_000)
        .describe('Time between two points of a series'),
      proc: z
        .string()
        .default('/proc')
        .describe('The folder of the kernel; /host/proc in containers'),
      root: z
        .string()
        .default('/')
        .describe(
          'Where the root of the machine is seen, for filesystems and users; /host in containers',
        ),
      exclude_filesystem_types: pattern()
        .default(excluded.filesystemTypes)
        .describe('Types of filesystems that are left out, an expression'),
      exclude_mounts: pattern()
        .default(excluded.mounts)
        .describe('Mount points that are left out, an expression'),
      exclude_disks: pattern()
        .default(excluded.disks)
        .describe('Disks that are left out, an expression; by default partitions and memory'),
      exclude_interfaces: pattern()
        .default('^$')
        .describe('Network interfaces that are left out, an expression'),
      max_devices: z
        .number()
        .int()
        .min(1)
        .default(200)
        .describe('Most disks, interfaces and filesystems, each'),
      processes: z
        .boolean()
        .default(true)
        .describe('Whether processes are measured, by their name and user'),
      max_process_groups: z
        .number()
        .int()
        .min(1)
        .max(10_000)
        .default(50)
        .describe('Most groups of processes; what comes beyond is the group `other`'),
    })
    .prefault({})
    .describe('Metrics of the machine, as node_exporter has them'),
} as const

export type HostConfig = z.output<(typeof hostFields)['host']>
