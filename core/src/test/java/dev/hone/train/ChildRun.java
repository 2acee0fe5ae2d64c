package dev.hone.train;

import dev.hone.TinyModels;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.tensor.Cpu;
import dev.hone.tensor.Engine;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/** A run in a process of its own, to be killed or measured. */
final class ChildRun {
  static final int STEPS = 60;

  private ChildRun() {}

  public static void main(String[] arguments) {
    if (arguments[0].equals("train")) {
      run(Path.of(arguments[1]), report -> System.out.println(report.step()));
    } else {
      memory();
    }
  }

  /** Trains with dropout and a checkpoint at every other step; returns the losses by step. */
  static Map<Integer, Double> run(Path folder, Consumer<StepReport> each) {
    Map<Integer, Double> losses = new TreeMap<>();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepReport report) {
            losses.put(report.step(), report.loss());
            each.accept(report);
          }
        };
    TrainConfig config =
        Toy.config(Map.of("steps", STEPS, "dropout", 0.1, "rate", 3e-3, "checkpointEvery", 2));
    try (Model model = TinyModels.gpt2()) {
      Engine.seed(3);
      try (Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
        Toy.with(Toy.trainer(model, lora, config, listener), List.of(), folder, new StopSignal())
            .run();
      }
    }
    return losses;
  }

  private static void memory() {
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepReport report) {
            if (report.step() == 100 || report.step() == 1000) {
              System.gc();
              System.out.println("resident-" + report.step() + " " + Cpu.residentBytes());
            }
          }
        };
    TrainConfig config = Toy.config(Map.of("steps", 1000, "dropout", 0.1, "microBatch", 2));
    try (Model model = TinyModels.gpt2();
        Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
      Toy.trainer(model, lora, config, listener).run();
    }
  }
}
