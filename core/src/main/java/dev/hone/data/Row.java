package dev.hone.data;

import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * A row as it stands in a file, before anybody knows what its columns mean.
 *
 * @param fields column name to value; every value of a CSV file is text
 * @param origin {@code file:line}
 */
record Row(ObjectNode fields, String origin) {

  Set<String> columns() {
    return fields.properties().stream()
        .map(Map.Entry::getKey)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }
}
