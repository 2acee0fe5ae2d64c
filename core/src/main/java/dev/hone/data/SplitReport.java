package dev.hone.data;

import java.util.List;
import java.util.Map;

/**
 * How the rows were split, for the run's report.
 *
 * @param rowsRead rows in all files, dropped ones included
 * @param duplicateGroups groups of two and more rows that are exact or near duplicates
 * @param duplicateRows rows in those groups
 * @param dropped rows left out: nothing to learn, or a duplicate of a validation or test row
 * @param sizes rows of {@code train}, {@code validation} and {@code test}
 * @param labels for labelled rows: rows of each label in each split
 * @param sharedGroups groups with rows in more than one split, counted afterwards; 0 unless the
 *     splitter is broken
 */
public record SplitReport(
    int rowsRead,
    int duplicateGroups,
    int duplicateRows,
    List<Dropped> dropped,
    Map<String, Integer> sizes,
    Map<String, Map<String, Integer>> labels,
    int sharedGroups) {}
