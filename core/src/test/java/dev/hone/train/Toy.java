package dev.hone.train;

import dev.hone.TinyModels;
import dev.hone.data.TokenRow;
import dev.hone.method.Method;
import dev.hone.model.Model;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A small run, described by what is special about it. */
final class Toy {
  static final int STEPS_PER_EPOCH = 6;

  /** Four rows a step, other ones in every step. */
  static final BatchPlan PLAN = plan(step -> TinyModels.rows(100 + step, 4));

  private Toy() {}

  static BatchPlan plan(java.util.function.IntFunction<List<TokenRow>> rows) {
    return new BatchPlan() {
      @Override
      public int stepsPerEpoch() {
        return STEPS_PER_EPOCH;
      }

      @Override
      public List<TokenRow> rows(int step) {
        return rows.apply(step);
      }
    };
  }

  /** The defaults with other values for the components named. */
  static TrainConfig config(Map<String, Object> changes) {
    Map<String, Object> left = new TreeMap<>(changes);
    try {
      RecordComponent[] components = TrainConfig.class.getRecordComponents();
      Object[] values = new Object[components.length];
      for (int i = 0; i < values.length; i++) {
        Object changed = left.remove(components[i].getName());
        values[i] =
            changed != null ? changed : components[i].getAccessor().invoke(TrainConfig.defaults());
      }
      if (!left.isEmpty()) {
        throw new IllegalArgumentException("no such components: " + left);
      }
      Class<?>[] types =
          Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
      return TrainConfig.class.getDeclaredConstructor(types).newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  static Trainer trainer(Model model, Method method, TrainConfig config, TrainListener listener) {
    return new Trainer(
        model,
        method,
        new CausalLmObjective(),
        config,
        PLAN,
        List.of(),
        0,
        42,
        null,
        listener,
        new StopSignal());
  }

  static Trainer with(Trainer t, BatchPlan plan) {
    return new Trainer(
        t.model(),
        t.method(),
        t.objective(),
        t.config(),
        plan,
        t.validation(),
        t.padId(),
        t.seed(),
        t.checkpoints(),
        t.listener(),
        t.stop());
  }

  static Trainer with(Trainer t, long seed) {
    return new Trainer(
        t.model(),
        t.method(),
        t.objective(),
        t.config(),
        t.plan(),
        t.validation(),
        t.padId(),
        seed,
        t.checkpoints(),
        t.listener(),
        t.stop());
  }

  static Trainer with(Trainer t, Objective objective) {
    return new Trainer(
        t.model(),
        t.method(),
        objective,
        t.config(),
        t.plan(),
        t.validation(),
        t.padId(),
        t.seed(),
        t.checkpoints(),
        t.listener(),
        t.stop());
  }

  /** With rows to validate on, and a folder to keep and resume from. */
  static Trainer with(
      Trainer t, List<TokenRow> validation, @Nullable Path folder, StopSignal stop) {
    return new Trainer(
        t.model(),
        t.method(),
        t.objective(),
        t.config(),
        t.plan(),
        validation.isEmpty() ? List.of() : List.of(validation),
        t.padId(),
        t.seed(),
        folder == null ? null : new Checkpoints(folder),
        t.listener(),
        stop);
  }
}
