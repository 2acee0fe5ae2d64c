package dev.hone.inspect;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.Map;

/**
 * How many numbers a part has.
 *
 * @param leastPerLayer parameters of this part in the smallest layer; 0 outside of layers
 * @param mostPerLayer in the largest
 */
public record PartFacts(Part part, long parameters, long leastPerLayer, long mostPerLayer) {

  /**
   * @param sizes elements by tensor name
   */
  static List<PartFacts> of(Map<String, Long> sizes) {
    Map<Part, Long> totals = new EnumMap<>(Part.class);
    Map<String, Map<Part, Long>> layers = new LinkedHashMap<>();
    sizes.forEach(
        (name, size) -> {
          totals.merge(Part.of(name), size, Long::sum);
          String layer = Part.layer(name);
          if (!layer.isEmpty()) {
            layers
                .computeIfAbsent(layer, _ -> new EnumMap<>(Part.class))
                .merge(Part.of(name), size, Long::sum);
          }
        });
    List<PartFacts> facts = new ArrayList<>();
    totals.forEach(
        (part, total) -> {
          LongSummaryStatistics inLayers =
              layers.values().stream()
                  .mapToLong(layer -> layer.getOrDefault(part, 0L))
                  .summaryStatistics();
          boolean layered = inLayers.getCount() > 0;
          facts.add(
              new PartFacts(
                  part, total, layered ? inLayers.getMin() : 0, layered ? inLayers.getMax() : 0));
        });
    return facts;
  }
}
