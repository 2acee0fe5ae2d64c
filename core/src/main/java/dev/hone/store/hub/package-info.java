/** The Hugging Face Hub: models and rows fetched into its usual cache, adapters sent to it. */
@NullMarked
package dev.hone.store.hub;

import org.jspecify.annotations.NullMarked;
