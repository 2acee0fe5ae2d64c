package dev.hone.method;

import dev.hone.error.HoneException;
import dev.hone.model.Adapter;
import dev.hone.model.Embedding;
import dev.hone.model.EncoderDecoder;
import dev.hone.model.Inputs;
import dev.hone.model.Linear;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.model.Pass;
import dev.hone.tensor.GradMode;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * A model's parameters in groups from the bottom to the top: embeddings, the blocks, the head. A
 * parameter belongs where a pass first asks for it, so that any backbone has groups that traces its
 * layers one after the other: what blocks share goes with the lowest of them, a tied head with the
 * embeddings, the last norm with the top block. An encoder's blocks lie below its decoder's.
 */
public final class LayerGroups {
  private static final int HEAD = Integer.MAX_VALUE;

  private final Model model;
  private final Map<String, Integer> depths;
  private final int layers;
  private final int[] groups;
  private final boolean embeddings;
  private final boolean head;

  /**
   * @param blockGroups how many groups of like size the blocks are joined to; 0 for one each
   */
  public LayerGroups(Model model, int blockGroups) {
    this.model = model;
    Probe probe = new Probe();
    try (Scope scope = Scope.open();
        GradMode off = GradMode.off()) {
      Inputs inputs = Inputs.of(Tensors.of(new long[] {0, 0}, 1, 2));
      Pass pass = Pass.plain().with(probe).tracing(hidden -> probe.layer++);
      Tensor hidden = model.backbone().forward(inputs, pass);
      probe.layer = HEAD;
      model.head().logits(hidden, inputs, pass);
    }
    if (model.backbone() instanceof EncoderDecoder both) {
      // What the decoder's layers are given goes with the first of them.
      int given = both.encoder().blocks().size() + 1;
      probe.met.replaceAll((name, layer) -> layer == given ? given + 1 : layer);
    }
    // What no pass asks for goes with the head; numbers without parameters are left out.
    List<String> names = model.parameters().stream().map(Parameter::name).toList();
    int[] met = names.stream().mapToInt(n -> probe.met.getOrDefault(n, HEAD)).toArray();
    int[] used = Arrays.stream(met).sorted().distinct().toArray();
    this.depths = new HashMap<>();
    probe.met.forEach((name, layer) -> depths.put(name, floor(used, layer)));
    names.forEach(n -> depths.putIfAbsent(n, used.length - 1));
    this.layers = used.length;
    this.embeddings = used[0] == 0;
    this.head = used[used.length - 1] == HEAD;
    this.groups = joined(blockGroups);
  }

  private static int floor(int[] used, int layer) {
    int at = Arrays.binarySearch(used, layer);
    return at >= 0 ? at : Math.max(0, -at - 2);
  }

  private int[] joined(int blockGroups) {
    int below = embeddings ? 1 : 0;
    int blocks = layers - below - (head ? 1 : 0);
    if (blockGroups > blocks) {
      throw new HoneException(
          "train.layers.blockGroups: %d, but %s has %d layers"
              .formatted(blockGroups, model.architecture(), blocks));
    }
    int wanted = blockGroups == 0 ? blocks : blockGroups;
    int[] joined = new int[layers];
    for (int i = 0; i < layers; i++) {
      int block = i - below;
      joined[i] = block < 0 ? 0 : block < blocks ? below + block * wanted / blocks : below + wanted;
    }
    return joined;
  }

  /** How many layers there are, embeddings and head included. */
  public int layers() {
    return layers;
  }

  /** How many groups there are, embeddings and head included. */
  public int count() {
    return groups[layers - 1] + 1;
  }

  /** What messages call a group: embeddings, block 3, blocks 3-5 or head. */
  public String name(int group) {
    if (group == 0 && embeddings) {
      return "embeddings";
    }
    if (group == count() - 1 && head) {
      return "head";
    }
    int[] own = IntStream.range(0, layers).filter(i -> groups[i] == group).toArray();
    int first = own[0] - (embeddings ? 1 : 0);
    return own.length == 1 ? "block " + first : "blocks " + first + "-" + (first + own.length - 1);
  }

  /** The group of a tensor that a method trains, 0 for the lowest. */
  public int of(String tensor) {
    return groups[layer(tensor)];
  }

  /**
   * The layer of a tensor that a method trains, 0 for the lowest: a parameter's own, or that of the
   * module it is attached to.
   */
  public int layer(String tensor) {
    String name =
        tensor.startsWith(PeftMethod.PREFIX)
            ? tensor.substring(PeftMethod.PREFIX.length())
            : tensor;
    for (String part = name; !part.isEmpty(); part = Targets.module(part)) {
      for (String known : List.of(part, part + ".weight", part + ".bias")) {
        Integer depth = depths.get(known);
        if (depth != null) {
          return depth;
        }
      }
    }
    throw new HoneException(
        "train.layers: '"
            + tensor
            + "' belongs to no layer of "
            + model.architecture()
            + "; this method takes neither rates by layer nor unfreezing");
  }

  /** Writes down at which layer each parameter and each module is first asked for. */
  private static final class Probe implements Adapter {
    private final Map<String, Integer> met = new LinkedHashMap<>();
    private int layer;

    @Override
    public Tensor linear(Linear at, Tensor x, Pass pass) {
      met.putIfAbsent(at.name(), layer);
      return at.base(x, pass);
    }

    @Override
    public Tensor embedding(Embedding at, Tensor ids, Pass pass) {
      met.putIfAbsent(at.name(), layer);
      return at.base(ids, pass);
    }

    @Override
    public Tensor value(Parameter parameter) {
      met.putIfAbsent(parameter.name(), layer);
      return parameter.value();
    }
  }
}
