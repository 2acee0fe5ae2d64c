package dev.hone.model;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import dev.hone.TinyModels;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensors;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;

/**
 * Learns from rows of 1,024, 2,048 and 4,096 tokens in a process of its own, and says its peaks.
 */
final class LongRowsMemory {
  private LongRowsMemory() {}

  /**
   * Undoes what the engine asked of the C library: here freed memory goes back at once, so that the
   * peak counts what is in use and not what lies between.
   */
  private static void giveBack() throws Throwable {
    Linker linker = Linker.nativeLinker();
    var mallopt = linker.defaultLookup().find("mallopt");
    if (mallopt.isPresent()) {
      int mmapThreshold = -3;
      Object ignored =
          linker
              .downcallHandle(mallopt.get(), FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT))
              .invokeWithArguments(mmapThreshold, 1 << 16);
    }
  }

  /**
   * @param arguments the model's config and the dropout rate
   */
  public static void main(String[] arguments) throws Throwable {
    Engine.threads(1);
    giveBack();
    try (Model model = TinyModels.random(arguments[0]);
        Scope scope = Scope.open()) {
      model.parameters().forEach(p -> p.value().requiresGrad(true));
      for (int width : new int[] {512, 1024, 2048, 4096}) {
        long[] ids = new long[width];
        java.util.Arrays.fill(ids, 7);
        try (Scope step = Scope.open();
            Tape tape = Tape.open()) {
          Inputs inputs = Inputs.of(Tensors.of(ids, 1, width));
          Pass pass = Pass.plain().train(Double.parseDouble(arguments[1]));
          tape.backward(model.backbone().forward(inputs, pass).square().mean());
        }
        if (width > 512) { // the first warms up
          System.out.println(Cpu.peakResidentBytes());
        }
      }
    }
  }
}
