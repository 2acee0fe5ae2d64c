package dev.hone.method.bottleneck;

import dev.hone.error.HoneException;
import dev.hone.method.Leaves;
import dev.hone.method.Targets;
import dev.hone.model.Block;
import dev.hone.model.Model;
import dev.hone.model.Parameter;
import dev.hone.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Parameters of a model's head that train beside bottlenecks and stand for the base's.
 *
 * @param parameters by name
 */
record TrainedHead(Map<String, Tensor> parameters) {
  /** The base's head as it is. */
  static final TrainedHead NONE = new TrainedHead(Map.of());

  /**
   * @param saved modules of the head that train although the base has them; ignored where {@code
   *     leaves} come from a file, which says so itself
   */
  static TrainedHead of(List<String> saved, Model model, Leaves leaves) {
    Map<String, Tensor> head = new LinkedHashMap<>();
    List<Parameter> candidates = candidates(model);
    for (String module : saved) {
      if (candidates.stream().noneMatch(p -> isBelow(p.name(), module))) {
        throw new HoneException(
            "modulesToSave: '"
                + module
                + "' is no module of the head of "
                + model.architecture()
                + "; AdapterHub's files have room for a head only");
      }
    }
    for (Parameter parameter : candidates) {
      String at = parameter.name();
      boolean made = model.made().contains(at);
      if (leaves.loaded() && made && !leaves.has(at)) {
        throw new HoneException(
            leaves.origin()
                + ": neither this adapter nor its base model holds '"
                + at
                + "'; save the adapter with its head, or its answers are random");
      }
      boolean trains =
          leaves.loaded()
              ? leaves.has(at)
              : made || saved.stream().anyMatch(module -> isBelow(at, module));
      if (trains) {
        Tensor base = parameter.value();
        head.put(at, leaves.trained(at, () -> base, base.shape()));
      }
    }
    model.linears().values().stream()
        .filter(linear -> !linear.weight().name().equals(linear.name() + ".weight"))
        .forEach(tied -> leaves.skipEqual(tied.name() + ".weight", tied.weight().value()));
    return new TrainedHead(head);
  }

  /**
   * Parameters beside the backbone, whose names begin otherwise than those of layers and tables;
   * and those that the base's files do not hold, a pooler for example.
   */
  private static List<Parameter> candidates(Model model) {
    List<String> backbone = new ArrayList<>();
    backbone.add(root(model.backbone().tokens().weight().name()));
    for (Block block : Bottlenecks.blocks(model.backbone())) {
      block.junctions().forEach(at -> backbone.add(root(at.end().name())));
    }
    return model.parameters().stream()
        .filter(p -> p.trains())
        .filter(p -> !backbone.contains(root(p.name())) || model.made().contains(p.name()))
        .toList();
  }

  private static String root(String path) {
    return path.substring(0, Math.max(0, path.indexOf('.')));
  }

  private static boolean isBelow(String parameter, String module) {
    return ("." + Targets.module(parameter) + ".").contains("." + module + ".");
  }

  /** The value that stands for a parameter. */
  Tensor value(Parameter parameter) {
    Tensor own = parameters.get(parameter.name());
    return own == null ? parameter.value() : own;
  }
}
