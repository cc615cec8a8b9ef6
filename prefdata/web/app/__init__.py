"""What every served page needs: cookies, policy, limits, assets, errors, logs without secrets."""
