package dev.hone.app;

import dev.hone.golden.CaseResult;
import dev.hone.golden.Golden;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.Device;
import dev.hone.tensor.Engine;
import dev.hone.tensor.MatrixProduct;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code hone doctor}: what this machine has, how fast it is, and what is wrong with it. */
@Command(
    name = "doctor",
    description = {
      "Shows what Hone runs on, measures it, and says what is wrong and how to mend it.",
      "",
      "With --golden, compares this build with reference numbers instead: exit status 1 on a miss."
    })
@Example(line = "hone doctor", does = "is this machine ready, and fast?")
final class DoctorCommand implements Callable<Integer> {
  private static final double SLOW = 0.35;
  private static final long ENOUGH_MEMORY = 2L << 30;

  private final Console console;

  @Option(
      names = "--golden",
      paramLabel = "DIR",
      description = "Check every reference case below this folder.")
  private @Nullable Path golden;

  DoctorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    return golden == null ? machine() : cases(golden);
  }

  private int cases(Path folder) {
    List<CaseResult> results = Golden.check(folder, result -> console.out().println(result.line()));
    long matching = results.stream().filter(CaseResult::matches).count();
    console.out().println(matching + " of " + results.size() + " cases match");
    return matching == results.size() ? 0 : 1;
  }

  private int machine() {
    long[] memory = Cpu.memoryBytes();
    double peak = Cpu.peakGflops(Engine.threads());
    double measured = MatrixProduct.gflops(1024, 1024, 1024);
    double thin = MatrixProduct.gflops(1024, 1024, 8);
    line("JDK", System.getProperty("java.version") + ", " + System.getProperty("java.vendor"));
    line("libtorch", Engine.version());
    line("BLAS", Engine.blas());
    line("CPU", Cpu.model() + ", " + Cpu.physicalCores() + " cores");
    line("vectors", String.join(" ", Cpu.instructionSets()));
    line("threads", String.valueOf(Engine.threads()));
    line("memory", Human.bytes(memory[0]) + ", " + Human.bytes(memory[1]) + " free");
    line("GPU", gpu());
    line(
        "product",
        String.format(
            Locale.ROOT,
            "%.0f GFLOP/s of about %.0f (1024 x 1024 x 1024); %.0f at rank 8",
            measured,
            peak,
            thin));
    List<String> complaints = complaints(measured, peak, memory[1]);
    console.out().println();
    complaints.forEach(c -> console.out().println("problem  " + c));
    if (complaints.isEmpty()) {
      console.out().println("all well");
    }
    return complaints.isEmpty() ? 0 : 1;
  }

  private static String gpu() {
    if (!Engine.hasCuda()) {
      return "none";
    }
    return Engine.multipliesBf16(Device.CUDA) ? "CUDA with bfloat16" : "CUDA without bfloat16";
  }

  private void line(String name, String value) {
    console.out().printf("%-9s%s%n", name, value);
  }

  private static List<String> complaints(double measured, double peak, long free) {
    List<String> complaints = new ArrayList<>();
    boolean slow = peak > 0 && measured < SLOW * peak;
    Optional<String> library = Engine.blasProblem();
    if (library.isPresent()) {
      complaints.add(library.get());
    } else if (slow && Cpu.load() > Engine.threads()) {
      complaints.add(
          String.format(
              Locale.ROOT,
              "matrix products are slow because the machine is busy (load %.1f on %d cores): stop"
                  + " other work, or leave it cores with 'threads'",
              Cpu.load(),
              Cpu.physicalCores()));
    } else if (slow) {
      complaints.add(
          "matrix products reach less than a third of what this CPU can do: look for a power limit,"
              + " a container's CPU quota, or OMP_NUM_THREADS set too low or too high");
    }
    if (Engine.threads() < Cpu.physicalCores()) {
      complaints.add(
          "only "
              + Engine.threads()
              + " of "
              + Cpu.physicalCores()
              + " cores are used: unset OMP_NUM_THREADS");
    }
    if (free > 0 && free < ENOUGH_MEMORY) {
      complaints.add("less than 2 GiB of memory are free: close other programs");
    }
    return complaints;
  }
}
