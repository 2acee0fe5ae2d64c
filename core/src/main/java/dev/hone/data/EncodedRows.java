package dev.hone.data;

import java.util.List;

/**
 * Rows ready for batches.
 *
 * @param rows those with something to learn
 * @param dropped the others, with reasons
 * @param shortened rows whose prompt lost its left part, or whose conversation lost its oldest
 *     turns, to fit into {@code maxTokens}
 */
public record EncodedRows(List<TokenRow> rows, List<Dropped> dropped, int shortened) {}
