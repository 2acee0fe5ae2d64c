package dev.hone.train;

import dev.hone.method.LayerGroups;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Which tensors of a run train at which step, and how fast. What does not train takes no gradient,
 * so that nothing below the lowest layer that trains keeps a graph; where rows come by again before
 * that layer changes, what the layers below made of them is remembered.
 */
final class Thaw implements AutoCloseable {
  private final Trainer trainer;
  private final @Nullable LayerGroups groups;
  private final Map<Integer, List<String>> members = new TreeMap<>();
  private final Map<String, Double> factors = new HashMap<>();
  private final List<Unfreezing.Phase> phases;
  private int phase = -1;
  private @Nullable FrozenLayers known;

  private Thaw(Trainer trainer, @Nullable LayerGroups groups, int total) {
    this.trainer = trainer;
    this.groups = groups;
    LayersConfig config = trainer.config().layers();
    for (String name : trainer.method().trainable().keySet()) {
      int group = groups == null ? 0 : groups.of(name);
      members.computeIfAbsent(group, g -> new ArrayList<>()).add(name);
      factors.put(name, groups == null ? 1 : config.rates().factor(groups, name));
    }
    // A group of which nothing trains has no phase.
    this.phases = config.unfreezing().phases(members.size(), trainer.plan().stepsPerEpoch(), total);
  }

  static Thaw of(Trainer trainer, int total) {
    LayersConfig config = trainer.config().layers();
    return new Thaw(
        trainer,
        config.plain() ? null : new LayerGroups(trainer.model(), config.blockGroups()),
        total);
  }

  /** The rate of a tensor as a multiple of the run's. */
  double factor(String tensor) {
    return factors.getOrDefault(tensor, 1.0);
  }

  /** The run's rate, which the top group learns at. */
  double rate(int step) {
    Unfreezing.Phase now = phases.get(phase);
    boolean restart = trainer.config().layers().unfreezing().restart();
    int begin = restart ? now.begin() : 0;
    int end = restart ? now.end() : phases.getLast().end();
    return new RateSchedule(trainer.config(), end - begin).rate(step - begin);
  }

  /** What is known of the layers below the lowest that trains, or null. */
  @Nullable FrozenLayers known() {
    return known;
  }

  /** Goes to the phase of a step. */
  void reach(int step) {
    int wanted = phase;
    while (wanted < 0 || phases.get(wanted).end() <= step) {
      wanted++;
    }
    if (wanted != phase) {
      phase = wanted;
      enter(phases.get(phase));
    }
  }

  private void enter(Unfreezing.Phase now) {
    int at = 0;
    for (List<String> group : members.values()) {
      boolean trains = at >= now.lowest() && at <= now.highest();
      group.forEach(name -> tensor(name).requiresGrad(trains));
      at++;
    }
    forget();
    FrozenCache cache = trainer.frozen();
    boolean again = now.steps() > trainer.plan().stepsPerEpoch();
    known = cache == null || !again ? null : cache.open(trainer.model(), trainer.method(), phase);
    tell(now, List.copyOf(members.keySet()));
  }

  private void tell(Unfreezing.Phase now, List<Integer> order) {
    if (groups != null && order.size() > 1 && phases.size() > 1) {
      String lowest = groups.name(order.get(now.lowest()));
      String highest = groups.name(order.get(now.highest()));
      trainer
          .listener()
          .note(
              "from step "
                  + (now.begin() + 1)
                  + (lowest.equals(highest) ? ": " + lowest : ": " + lowest + " to " + highest)
                  + (now.lowest() == now.highest() ? " trains alone" : " train"));
    }
    if (phase == 0 && phases.getLast().lowest() > 0) {
      trainer
          .listener()
          .note(
              "the run ends before "
                  + phases.getLast().lowest()
                  + " of "
                  + order.size()
                  + " groups ever train: give it more epochs, or join groups"
                  + " (train.layers.blockGroups)");
    }
    if (known != null) {
      trainer
          .listener()
          .note(
              "the lowest "
                  + known.layers()
                  + " layers do not train: they run once a row, without dropout"
                  + " (train.cacheFrozen=false runs them in every step)");
    }
  }

  /** A checkpoint of this phase is there: no run goes back behind it. */
  void saved() {
    FrozenCache cache = trainer.frozen();
    if (cache != null && phase >= 0) {
      cache.keepOnly(known);
    }
  }

  private Tensor tensor(String name) {
    return Objects.requireNonNull(trainer.method().trainable().get(name));
  }

  /** Everything takes gradients again. */
  @Override
  public void close() {
    forget();
    trainer.method().trainable().values().forEach(t -> t.requiresGrad(true));
  }

  private void forget() {
    if (known != null) {
      known.close();
      known = null;
    }
  }
}
