package dev.hone;

import dev.hone.error.HoneException;
import dev.hone.error.Nearest;
import dev.hone.generate.GenerationConfig;
import dev.hone.generate.TextGenerator;
import dev.hone.method.Merged;
import dev.hone.method.Method;
import dev.hone.method.PeftMethod;
import dev.hone.method.Routed;
import dev.hone.method.Stacked;
import dev.hone.method.bottleneck.Bottleneck;
import dev.hone.method.bottleneck.BottleneckStack;
import dev.hone.method.lora.Combination;
import dev.hone.model.Adapter;
import dev.hone.run.Tuned;
import dev.hone.store.hub.Transfer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One base model in memory and several adapters on it, each under a name: take it where tasks or
 * clients have adapters of their own. The base never changes, so that asking one adapter leaves no
 * trace for the next, and any number of threads may ask at once. Whatever changes the set (load,
 * drop, combine, merge) is for one thread, while none asks.
 *
 * <pre>{@code
 * try (Adapters adapters = Hone.adapters(Path.of("models/hone-base"))) {
 *   adapters.load("mood", Path.of("runs/feedback")).load("notes", Path.of("runs/notes"));
 *   adapters.get("mood").classify("The courier was early.");
 *   adapters.generate(List.of(new Request("notes", "Rain."), new Request(null, "Once")), config);
 * }
 * }</pre>
 *
 * Native memory: close it. The models that it hands out are closed with it.
 */
public final class Adapters implements AutoCloseable {
  private final @Nullable Path folder;
  private final Map<String, Tuned> loaded = new LinkedHashMap<>();
  private final Map<String, Merged> merged = new LinkedHashMap<>();
  private @Nullable Tuned base;

  Adapters(@Nullable Path folder) {
    this.folder = folder;
  }

  /**
   * A text for one of the adapters.
   *
   * @param adapter its name; null asks the base as it is
   */
  public record Request(@Nullable String adapter, String text) {}

  // Loading

  /**
   * Loads the adapter that a run has left, or an adapter's folder. The first one decides how the
   * base is opened: its number type, its head.
   *
   * @throws HoneException when the name is taken, or the adapter does not fit the base to the last
   *     tensor
   */
  public Adapters load(String name, Path adapter) {
    return load(name, adapter, Transfer.SILENT);
  }

  /**
   * The same; the adapter may also be {@code owner/name} on the Hub.
   *
   * @param listener hears how far files are that have to be fetched
   */
  public Adapters load(String name, Path adapter, Transfer listener) {
    requireFree(name);
    if (base != null) {
      loaded.put(name, Tuned.on(base.base(), adapter, listener));
      return this;
    }
    Tuned first = Tuned.open(adapter, folder, listener);
    if (first.method() == null) {
      first.close();
      throw new HoneException(adapter + " is a whole model, and no adapter on one");
    }
    base = first.alone();
    loaded.put(name, first);
    return this;
  }

  /** The names, in the order of loading. */
  public Set<String> names() {
    return Collections.unmodifiableSet(loaded.keySet());
  }

  /** Forgets an adapter. */
  public void drop(String name) {
    Method method = method(tuned(name));
    unmerge(name);
    loaded.remove(name);
    method.close();
  }

  // Asking

  /** The base with one adapter. */
  public TunedModel get(String name) {
    Merged whole = merged.get(name);
    Tuned tuned = tuned(name);
    return TunedModel.view(tuned, whole == null ? tuned.adapter() : whole);
  }

  /** The base with all adapters off. */
  public TunedModel off() {
    return TunedModel.view(base(), Adapter.NONE);
  }

  /**
   * The base with several adapters at once, asked as the last one is: sums of what each adds
   * (LoRA's family), or bottlenecks one behind the other.
   *
   * @throws HoneException for adapters that cannot be put together
   */
  public TunedModel stacked(String... names) {
    List<Tuned> parts = Arrays.stream(names).map(this::tuned).toList();
    if (parts.isEmpty()) {
      throw new HoneException("a stack needs adapters: name two or more");
    }
    List<Method> methods = parts.stream().map(Adapters::method).toList();
    Adapter stack;
    if (methods.stream().allMatch(Bottleneck.class::isInstance)) {
      stack = new BottleneckStack(methods.stream().map(Bottleneck.class::cast).toList());
    } else if (methods.stream().allMatch(PeftMethod.class::isInstance)) {
      stack = new Stacked(methods.stream().map(PeftMethod.class::cast).toList());
    } else {
      throw new HoneException(
          "bottleneck adapters stand between the parts of a layer, others in its weights: these"
              + " cannot be stacked: "
              + String.join(", ", names));
    }
    return TunedModel.view(parts.getLast(), stack);
  }

  /**
   * Answers texts side by side in one batch, each by its own adapter and put as the training of
   * that one put its rows: every answer is what its adapter gives alone.
   *
   * @throws HoneException for an adapter that cannot share a batch, as one with virtual tokens
   */
  public List<String> generate(List<Request> requests, GenerationConfig config) {
    List<Adapter> rows = new ArrayList<>();
    List<int[]> prompts = new ArrayList<>();
    for (Request request : requests) {
      Tuned own = request.adapter() == null ? base() : tuned(request.adapter());
      rows.add(own.adapter());
      prompts.add(own.question(request.text()));
    }
    Tuned all = base();
    Adapter routed = new Routed(rows, all.base().model());
    return new TextGenerator(all.base().model(), routed, all.base().tokenizer())
        .answers(prompts, config);
  }

  // Making one of several

  /**
   * Makes one LoRA adapter of several, under a name of its own.
   *
   * @param weights by name; may be negative
   * @throws HoneException for adapters that cannot be combined this way
   */
  public Adapters combine(String name, Map<String, Double> weights, Combination how) {
    requireFree(name);
    List<Tuned> parts = weights.keySet().stream().map(this::tuned).toList();
    double[] shares = weights.values().stream().mapToDouble(Double::doubleValue).toArray();
    loaded.put(name, Tuned.combined(parts, shares, how));
    return this;
  }

  /** Writes an adapter's folder, in the files of its method. */
  public void save(String name, Path to) {
    tuned(name).export(to);
  }

  /**
   * Folds an adapter into weights of its own: {@link #get} is faster from then on, and the weights
   * that it changes are in memory twice. The base stays as it is.
   *
   * @throws HoneException for an adapter that is no change of weights
   */
  public Adapters merge(String name) {
    if (!merged.containsKey(name)) {
      merged.put(name, Merged.of(method(tuned(name))));
    }
    return this;
  }

  /** Takes back {@link #merge}: nothing of it is left. */
  public Adapters unmerge(String name) {
    Merged whole = merged.remove(name);
    if (whole != null) {
      whole.close();
    }
    return this;
  }

  private void requireFree(String name) {
    if (loaded.containsKey(name)) {
      throw new HoneException("there is an adapter '" + name + "' already; drop it first");
    }
  }

  private Tuned tuned(String name) {
    Tuned tuned = loaded.get(name);
    if (tuned == null) {
      throw new HoneException("no adapter '" + name + "'" + Nearest.hint(name, loaded.keySet()));
    }
    return tuned;
  }

  private static Method method(Tuned tuned) {
    return Objects.requireNonNull(tuned.method()); // no other is loaded
  }

  private Tuned base() {
    if (base == null) {
      if (folder == null) {
        throw new HoneException(
            "no adapter is loaded that would name a base model; load one first");
      }
      base = Tuned.open(folder, null);
    }
    return base;
  }

  @Override
  public void close() {
    merged.values().forEach(Merged::close);
    loaded.values().forEach(tuned -> method(tuned).close());
    if (base != null) {
      base.close();
    }
  }
}
