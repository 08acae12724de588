"""The parameters of mean_reversion. Made by `make docs`; do not edit."""
NoneType = type(None)
def validate(data):
    if not isinstance(data, dict):
        raise ValueError
    data_is_dict = isinstance(data, dict)
    if data_is_dict:
        data_keys = set(data.keys())
        if 'ma_period' in data_keys:
            data_keys.remove('ma_period')
            data__maperiod = data['ma_period']
            if not isinstance(data__maperiod, int) and (not (isinstance(data__maperiod, float) and data__maperiod.is_integer())) or isinstance(data__maperiod, bool):
                raise ValueError
            if isinstance(data__maperiod, (int, float)) and (not isinstance(data__maperiod, bool)):
                if data__maperiod < 2:
                    raise ValueError
                if data__maperiod > 5000:
                    raise ValueError
        if 'ma_unit' in data_keys:
            data_keys.remove('ma_unit')
            data__maunit = data['ma_unit']
            if not isinstance(data__maunit, str):
                raise ValueError
            if not (isinstance(data__maunit, str) and data__maunit == 'sessions' or (isinstance(data__maunit, str) and data__maunit == 'months')):
                raise ValueError
        if 'deviation_threshold' in data_keys:
            data_keys.remove('deviation_threshold')
            data__deviationthreshold = data['deviation_threshold']
            if not isinstance(data__deviationthreshold, (int, float)) or isinstance(data__deviationthreshold, bool):
                raise ValueError
            if isinstance(data__deviationthreshold, (int, float)) and (not isinstance(data__deviationthreshold, bool)):
                if data__deviationthreshold > 1:
                    raise ValueError
                if data__deviationthreshold <= 0:
                    raise ValueError
        if 'oversold_weight' in data_keys:
            data_keys.remove('oversold_weight')
            data__oversoldweight = data['oversold_weight']
            if not isinstance(data__oversoldweight, (int, float)) or isinstance(data__oversoldweight, bool):
                raise ValueError
            if isinstance(data__oversoldweight, (int, float)) and (not isinstance(data__oversoldweight, bool)):
                if data__oversoldweight < 0:
                    raise ValueError
                if data__oversoldweight > 100:
                    raise ValueError
        if 'overbought_weight' in data_keys:
            data_keys.remove('overbought_weight')
            data__overboughtweight = data['overbought_weight']
            if not isinstance(data__overboughtweight, (int, float)) or isinstance(data__overboughtweight, bool):
                raise ValueError
            if isinstance(data__overboughtweight, (int, float)) and (not isinstance(data__overboughtweight, bool)):
                if data__overboughtweight < 0:
                    raise ValueError
                if data__overboughtweight > 100:
                    raise ValueError
        if 'rebalance_frequency' in data_keys:
            data_keys.remove('rebalance_frequency')
            data__rebalancefrequency = data['rebalance_frequency']
            if not isinstance(data__rebalancefrequency, str):
                raise ValueError
            if not (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'never' or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'daily') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'weekly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'monthly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'quarterly') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'semiannually') or (isinstance(data__rebalancefrequency, str) and data__rebalancefrequency == 'annually')):
                raise ValueError
        if data_keys:
            raise ValueError
    return data
