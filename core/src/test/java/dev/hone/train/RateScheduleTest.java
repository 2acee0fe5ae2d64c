package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.hone.TinyModels;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.model.Model;
import dev.hone.train.TrainConfig.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class RateScheduleTest {

  static Stream<Arguments> tables() {
    double half = 0.5;
    double c1 = half * (1 + Math.cos(Math.PI / 4));
    double c3 = half * (1 + Math.cos(Math.PI * 3 / 4));
    return Stream.of(
        Arguments.of(Schedule.CONSTANT, 0.0, 4, new double[] {1, 1, 1, 1}),
        Arguments.of(Schedule.CONSTANT, 0.5, 4, new double[] {.5, 1, 1, 1}),
        Arguments.of(Schedule.CONSTANT, 3.0, 4, new double[] {1 / 3.0, 2 / 3.0, 1, 1}),
        Arguments.of(Schedule.LINEAR, 0.0, 4, new double[] {1, .75, .5, .25}),
        Arguments.of(Schedule.LINEAR, 0.2, 5, new double[] {1, 1, .75, .5, .25}),
        Arguments.of(Schedule.LINEAR, 2.0, 6, new double[] {.5, 1, 1, .75, .5, .25}),
        Arguments.of(Schedule.COSINE, 0.0, 4, new double[] {1, c1, .5, c3}),
        Arguments.of(Schedule.COSINE, 2.0, 6, new double[] {.5, 1, 1, c1, .5, c3}),
        Arguments.of(Schedule.COSINE, 1.0, 3, new double[] {1, 1, .5}),
        // More warm-up than run: it only ever rises.
        Arguments.of(Schedule.COSINE, 8.0, 4, new double[] {.125, .25, .375, .5}));
  }

  @ParameterizedTest
  @MethodSource("tables")
  void followsItsTable(Schedule schedule, double warmup, int total, double[] expected) {
    TrainConfig config = Toy.config(Map.of("rate", 1.0, "schedule", schedule, "warmup", warmup));
    RateSchedule rates = new RateSchedule(config, total);
    assertArrayEquals(
        expected, IntStream.range(0, total).mapToDouble(rates::rate).toArray(), 1e-12);
  }

  /** The schedule counts optimiser steps, into however many passes each is split. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 3})
  void countsOptimiserSteps(int microBatch) {
    TrainConfig config =
        Toy.config(
            Map.of(
                "steps",
                4,
                "rate",
                1e-3,
                "schedule",
                Schedule.LINEAR,
                "warmup",
                2.0,
                "microBatch",
                microBatch));
    List<Double> rates = new ArrayList<>();
    TrainListener listener =
        new TrainListener() {
          @Override
          public void step(StepReport report) {
            rates.add(report.rate());
          }
        };
    try (Model model = TinyModels.llama();
        Lora lora = Lora.attach(LoraConfig.defaults(), model)) {
      assertEquals(4, Toy.trainer(model, lora, config, listener).run().state().step());
    }
    assertEquals(List.of(5e-4, 1e-3, 1e-3, 5e-4), rates);
  }
}
