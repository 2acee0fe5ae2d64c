/** Text from a causal model. */
@NullMarked
package dev.hone.generate;

import org.jspecify.annotations.NullMarked;
