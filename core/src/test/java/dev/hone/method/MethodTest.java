package dev.hone.method;

import static dev.hone.method.MethodTrial.logits;
import static dev.hone.method.MethodTrial.stirred;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.MethodCases.Case;
import dev.hone.method.bottleneck.BottleneckCases;
import dev.hone.method.lora.Lora;
import dev.hone.method.lora.LoraConfig;
import dev.hone.method.prefixtuning.PrefixTuningConfig;
import dev.hone.method.prompttuning.PromptTuningConfig;
import dev.hone.model.Adapter;
import dev.hone.model.Model;
import dev.hone.model.Pass;
import dev.hone.tensor.NativeMemory;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tape;
import dev.hone.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What every method promises, on models with both layouts of a matrix, tied and untied. */
class MethodTest {
  private static final LoraConfig ALL = LoraConfig.defaults();

  @TempDir Path folder;

  private static LoraConfig lora(List<String> targets, List<String> saved) {
    return new LoraConfig(4, 8, 0, targets, false, saved, Map.of(), Map.of());
  }

  static Stream<Case> cases() {
    return Stream.concat(MethodCases.full(), MethodCases.peft());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void changesNothingAtFirstAndFreesEverything(Case c) {
    try (Model model = TinyModels.random(c.model())) {
      float[] base = logits(model, Adapter.NONE);
      long before = NativeMemory.objects();
      try (Method method = Methods.attach(c.config(), model)) {
        assertEquals(0, TinyModels.distance(base, logits(model, method)), c.exact() ? 0 : 5e-5);
        assertEquals(c.config(), method.config());
        assertTrue(method.trainableCount() > 0);
        stirred(method, 1);
        assertTrue(TinyModels.distance(base, logits(model, method)) > 1e-3);
        assertArrayEquals(base, logits(model, Adapter.NONE), "the base never changes");
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void mergedIsTheTunedModel(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(Methods.attach(c.config(), model), 1)) {
      float[] tuned = logits(model, method);
      long before = NativeMemory.objects();
      try (Merged merged = Merged.of(method)) {
        double tolerance = method instanceof Full ? 0 : 1e-4;
        assertEquals(0, TinyModels.distance(tuned, logits(model, merged)), tolerance);
      }
      assertEquals(before, NativeMemory.objects());
    }
  }

  static Stream<Case> learning() {
    return Stream.of(cases(), MethodCases.soft(), BottleneckCases.all(), BottleneckCases.fusions())
        .flatMap(s -> s);
  }

  /** By the tape, which trainers use, as by the engine alone. */
  @ParameterizedTest
  @MethodSource("learning")
  void everythingThatTrainsGetsTheRightGradient(Case c) {
    try (Model model = TinyModels.random(c.model());
        Method method = stirred(BottleneckCases.attached(c.config(), model, folder), 1)) {
      Map<String, float[]> plain;
      Map<String, float[]> taped;
      try (Scope scope = Scope.open()) {
        loss(model, method).backward();
        plain = MethodTrial.gradients(method);
      }
      try (Scope scope = Scope.open();
          Tape tape = Tape.open()) {
        tape.backward(loss(model, method));
        taped = MethodTrial.gradients(method);
      }
      assertEquals(method.trainable().keySet(), plain.keySet());
      plain.forEach(
          (name, gradient) -> {
            float largest = MethodTrial.largest(gradient);
            // A key's bias moves all scores of a query alike: softmax does not see it.
            boolean unseen = name.matches(".*(k_proj|key)(\\.base_layer)?\\.bias");
            assertTrue(unseen || largest > 0, name);
            float[] other = Objects.requireNonNull(taped.get(name), name);
            assertArrayEquals(gradient, other, unseen ? 1e-3f : 2e-5f * largest, name);
          });
      model.parameters().forEach(p -> assertFalse(p.value().requiresGrad(), p.name()));
    }
  }

  private static Tensor loss(Model model, Method method) {
    return model.logits(TinyModels.inputs(1, 2, 3), Pass.plain().with(method)).square().sum();
  }

  @Test
  void switchingLeavesNoTrace() {
    try (Model model = TinyModels.gpt2();
        Method a = stirred(Lora.attach(ALL, model), 1);
        Method b = stirred(new Full(model), 2)) {
      float[] base = logits(model, Adapter.NONE);
      float[] first = logits(model, a);
      float[] second = logits(model, b);
      assertTrue(TinyModels.distance(first, second) > 1e-3);
      for (int i = 0; i < 3; i++) {
        assertArrayEquals(base, logits(model, Adapter.NONE));
        assertArrayEquals(first, logits(model, a));
        assertArrayEquals(second, logits(model, b));
        assertArrayEquals(first, logits(model, a));
      }
    }
  }

  static Stream<List<MethodConfig>> pairs() {
    return Stream.of(
        List.of(ALL, lora(List.of("q_proj"), List.of("norm"))),
        List.of(BottleneckCases.houlsby(), BottleneckCases.pfeiffer()),
        List.of(PromptTuningConfig.defaults(), PrefixTuningConfig.defaults()));
  }

  @ParameterizedTest
  @MethodSource("pairs")
  void twoThreadsWithTwoAdaptersGetTheirOwnAnswers(List<MethodConfig> configs) throws Exception {
    try (Model model = TinyModels.llama();
        Method a = stirred(Methods.attach(configs.getFirst(), model), 1);
        Method b = stirred(Methods.attach(configs.getLast(), model), 2);
        ExecutorService threads = Executors.newFixedThreadPool(3)) {
      List<Adapter> adapters = List.of(a, b, Adapter.NONE);
      List<float[]> solo = adapters.stream().map(x -> logits(model, x)).toList();
      assertTrue(TinyModels.distance(solo.get(0), solo.get(1)) > 1e-3);
      List<Future<?>> runs = new ArrayList<>();
      for (int i = 0; i < adapters.size(); i++) {
        int at = i;
        Callable<Void> run =
            () -> {
              for (int n = 0; n < 40; n++) {
                assertArrayEquals(solo.get(at), logits(model, adapters.get(at)));
              }
              return null;
            };
        runs.add(threads.submit(run));
      }
      for (Future<?> run : runs) {
        run.get();
      }
    }
  }

  @Test
  void theConfigurationChoosesTheMethod() {
    try (Model model = TinyModels.llama();
        Method full = Methods.attach(FullConfig.defaults(), model);
        Method lora = Methods.attach(ALL, model)) {
      assertInstanceOf(Full.class, full);
      assertInstanceOf(Lora.class, lora);
      assertEquals(model.parameterCount(), full.trainableCount());
    }
  }
}
