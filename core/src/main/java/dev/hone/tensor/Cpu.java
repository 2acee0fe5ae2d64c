package dev.hone.tensor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** What the operating system says of this machine's processor and memory. */
public final class Cpu {
  private static final Path PROC = Path.of("/proc");

  private static final boolean BF16 =
      instructionSets().stream().anyMatch(set -> set.endsWith("_bf16"));

  /** Takes the result of a loop that is only timed, so that the compiler cannot leave it out. */
  @SuppressWarnings("unused")
  private static volatile long unused;

  private Cpu() {}

  /** Name of the processor as its maker gives it. */
  public static String model() {
    return lines(PROC.resolve("cpuinfo"))
        .filter(l -> l.startsWith("model name"))
        .map(l -> l.substring(l.indexOf(':') + 1).strip())
        .findFirst()
        .orElse(System.getProperty("os.arch", "unknown"));
  }

  /** Those vector instruction sets of this processor that change how fast matrices multiply. */
  public static Set<String> instructionSets() {
    Set<String> wanted =
        Set.of("avx", "avx2", "fma", "avx512f", "avx512_bf16", "avx512_vnni", "amx_bf16", "f16c");
    Set<String> found = new TreeSet<>();
    lines(PROC.resolve("cpuinfo"))
        .filter(l -> l.startsWith("flags"))
        .findFirst()
        .ifPresent(l -> found.addAll(List.of(l.substring(l.indexOf(':') + 1).strip().split(" "))));
    found.retainAll(wanted);
    return found;
  }

  /** Whether it has units for products of BF16. */
  static boolean multipliesBf16() {
    return BF16;
  }

  /** Physical cores that this process may use; hyper-threads do not multiply faster. */
  public static int physicalCores() {
    int usable = Runtime.getRuntime().availableProcessors();
    Set<String> cores = new TreeSet<>();
    String[] socket = {""};
    lines(PROC.resolve("cpuinfo"))
        .forEach(
            line -> {
              if (line.startsWith("physical id")) {
                socket[0] = line;
              } else if (line.startsWith("core id")) {
                cores.add(socket[0] + line);
              }
            });
    return cores.isEmpty() ? usable : Math.min(usable, cores.size());
  }

  /**
   * Single-precision operations that all given cores could do in a second, from vector width and
   * the clock as it runs now, in GFLOP/s.
   */
  public static double peakGflops(int cores) {
    Set<String> sets = instructionSets();
    // Two fused multiply-adds a cycle: of 8 lanes with AVX2. AVX-512 doubles that on server parts
    // with two full units and leaves it on the others, so it is counted once.
    double perCycle = sets.contains("fma") ? 32 : 8;
    return cores * gigahertz() * perCycle;
  }

  /**
   * The clock of this core, measured: the system often tells the base clock only. Each turn of the
   * loop waits for the product of the turn before, which takes three cycles on x86-64 of the last
   * fifteen years, and for its sum, which takes one.
   */
  private static double gigahertz() {
    int turns = 10_000_000;
    long best = Long.MAX_VALUE;
    long x = System.nanoTime();
    for (int repeat = 0; repeat < 5; repeat++) { // the first are slower: the loop is compiled
      long begun = System.nanoTime();
      for (int i = 0; i < turns; i++) {
        x = x * x + 1; // no two turns can be folded into one
      }
      best = Math.min(best, System.nanoTime() - begun);
    }
    unused = x;
    return 4.0 * turns / best;
  }

  /** Runnable processes over the last minute; 0 where the system does not tell. */
  public static double load() {
    return lines(PROC.resolve("loadavg"))
        .mapToDouble(l -> Double.parseDouble(l.split(" ")[0]))
        .findFirst()
        .orElse(0);
  }

  /** Memory that this process occupies now, in bytes; 0 where the system does not tell. */
  public static long residentBytes() {
    return status("VmRSS:");
  }

  /**
   * The most memory that this process ever occupied, in bytes; 0 where the system does not tell.
   */
  public static long peakResidentBytes() {
    return status("VmHWM:");
  }

  /**
   * Forgets the most that was occupied: from now on {@link #peakResidentBytes()} counts anew.
   *
   * @return whether the system can do that
   */
  public static boolean forgetPeak() {
    try {
      Files.writeString(PROC.resolve("self/clear_refs"), "5");
      return true;
    } catch (IOException e) {
      return false; // no Linux, or a sandbox
    }
  }

  /** Memory of the machine in bytes: all of it, and what is free for use now. */
  public static long[] memoryBytes() {
    return new long[] {field("meminfo", "MemTotal:"), field("meminfo", "MemAvailable:")};
  }

  static Stream<String> mappedLibraries() {
    return lines(PROC.resolve("self/maps")).filter(l -> l.contains(".so"));
  }

  private static long status(String key) {
    return field("self/status", key);
  }

  private static long field(String file, String key) {
    return lines(PROC.resolve(file))
        .filter(l -> l.startsWith(key))
        .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024)
        .findFirst()
        .orElse(0);
  }

  private static Stream<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      return Stream.empty(); // not Linux: the caller has a fallback
    }
  }
}
