package dev.hone.model;

import dev.hone.TinyModels;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.Engine;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensors;

/**
 * Learns from rows of 1,024, 2,048 and 4,096 tokens in a process of its own, and says its peaks.
 */
final class LongRowsMemory {
  private LongRowsMemory() {}

  /**
   * @param arguments the model's config and the dropout rate
   */
  public static void main(String[] arguments) {
    Engine.threads(1);
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
